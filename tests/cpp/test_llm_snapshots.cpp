// Snapshots between processes: a later one finds what an earlier one kept, and what was removed is no fault.
#include <filesystem>
#include <optional>
#include <string>

#include "check.h"
#include "fake_kv_cells.h"
#include "llm/cache/prefix_tree.h"
#include "llm/cache/snapshot_directory.h"
#include "llm/cache/snapshots.h"
#include "snapshot_folder.h"

using namespace electron_local;  // the whole room is under test
using namespace electron_local_test;

namespace {

// A process: its memory, its cache and its snapshots.
struct Process {
  Process(const std::string& path, Lines& lines, bool can_trim = true)
      : memory(4, 1000, can_trim),
        cache(memory, {1000, 4, 2, 1 << 20, 0, can_trim}),
        snapshots(SnapshotDirectory(path, kModel, 1 << 20, lines.sink())),
        can_trim(can_trim) {}

  // Tokens found; what is on disk is waited for, as the decode loop does.
  int serve(const Tokens& prompt) {
    n_waits = 0;
    while (snapshots.is_fetching_for(prompt, cache, can_trim)) {
      ++n_waits;
      snapshots.wait_for_reads();
      snapshots.adopt_into(cache);
    }
    const std::optional<Lease> lease = cache.acquire(prompt);
    CHECK(memory.holds(lease->id, prompt, lease->n_tokens));
    cache.reserve(static_cast<int>(prompt.size()) - lease->n_tokens);
    memory.evaluate(lease->id, prompt, static_cast<int>(prompt.size()));
    cache.release(lease->id, prompt, static_cast<int>(prompt.size()));
    cache.check_integrity();
    return lease->n_tokens;
  }

  FakeKvCells memory;
  PrefixTree cache;
  Snapshots snapshots;
  bool can_trim;
  int n_waits = 0;
};

void test_a_later_process_finds_them() {
  const Folder folder;
  Lines lines;
  {
    Process first(folder.path, lines);
    CHECK(!first.snapshots.has(text(1, 200)));
    first.snapshots.keep(text(1, 200), state_of(text(1, 200)));
    CHECK(first.snapshots.has(text(1, 200)));
  }
  CHECK_EQUAL(folder.files().size(), std::size_t{1});
  {
    Process second(folder.path, lines);
    CHECK_EQUAL(second.snapshots.n_stored(), 1);
    CHECK_EQUAL(second.serve(text(2, 100)), 0);
    CHECK_EQUAL(second.n_waits, 0);
    CHECK_EQUAL(second.serve(text(1, 200) + text(3, 10)), 200);
    CHECK_EQUAL(second.n_waits, 1);
    CHECK(second.cache.stats().pinned_tokens == 200);
    CHECK_EQUAL(second.serve(text(1, 200) + text(4, 10)), 200);
    CHECK_EQUAL(second.n_waits, 0);
    second.cache.clear();
    CHECK_EQUAL(second.serve(text(1, 200) + text(5, 10)), 200);  // read again
  }
  Process part(folder.path, lines);
  CHECK_EQUAL(part.serve(text(1, 150) + text(3, 10)), 150);
  Process whole(folder.path, lines, false);
  CHECK_EQUAL(whole.serve(text(1, 150) + text(3, 10)), 0);
  CHECK_EQUAL(whole.n_waits, 0);
  CHECK_EQUAL(whole.serve(text(1, 200) + text(3, 10)), 200);
  CHECK(lines.texts.empty());
}

void test_what_another_process_removed_is_evaluated() {
  const Folder folder;
  Lines lines;
  { Process(folder.path, lines).snapshots.keep(text(1, 200), state_of(text(1, 200))); }
  Process process(folder.path, lines);
  fs::remove(folder.files().at(0));
  CHECK_EQUAL(process.serve(text(1, 200) + text(3, 10)), 0);
  CHECK_EQUAL(process.n_waits, 1);
  CHECK(!process.snapshots.has(text(1, 200)));
  CHECK(lines.texts.empty());
}

void test_a_directory_that_was_removed_is_made_again() {
  const Folder folder;
  Lines lines;
  { Process(folder.path, lines).snapshots.keep(text(1, 200), state_of(text(1, 200))); }
  {
    Process process(folder.path, lines);
    CHECK(process.snapshots.has(text(1, 200)));
    fs::remove_all(folder.path);
    CHECK(!process.snapshots.has(text(1, 200)));
    CHECK_EQUAL(process.snapshots.n_stored(), 0);
    process.snapshots.keep(text(1, 200), state_of(text(1, 200)));
    CHECK(process.snapshots.has(text(1, 200)));  // or on its way there
  }
  CHECK_EQUAL(folder.files().size(), std::size_t{1});
  CHECK_EQUAL(Process(folder.path, lines).serve(text(1, 200) + text(3, 10)), 200);
  CHECK(lines.texts.empty());
}

}  // namespace

int main() {
  test_a_later_process_finds_them();
  test_what_another_process_removed_is_evaluated();
  test_a_directory_that_was_removed_is_made_again();
  return electron_local_test::n_failures;
}
