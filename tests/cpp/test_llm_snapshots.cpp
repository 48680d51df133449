// Snapshots on disk: what is written comes back, what is damaged is refused, and a cache finds it again.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "base/xxh64.h"
#include "check.h"
#include "fake_kv_cells.h"
#include "llm/cache/prefix_tree.h"
#include "llm/cache/snapshot_directory.h"
#include "llm/cache/snapshot_file.h"
#include "llm/cache/snapshots.h"

using namespace electron_local;  // the whole room is under test
using electron_local_test::FakeKvCells;

namespace {

namespace fs = std::filesystem;

using Tokens = std::vector<Token>;
using Bytes = std::vector<std::uint8_t>;

const Fingerprint kModel = fingerprint_of("a model");
const Fingerprint kOther = fingerprint_of("another model");

// A directory of its own that goes with it.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "snapshots.XXXXXX").string();
    path = mkdtemp(name.data());
  }
  ~Folder() { fs::remove_all(path); }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(path)) names.push_back(entry.path().string());
    return names;
  }
  std::string path;
};

struct Lines {
  std::vector<std::string> texts;
  LogSink sink() {
    return [this](LogLevel level, const std::string& text) {
      if (level == LogLevel::kWarning) texts.push_back(text);
    };
  }
};

Tokens text(Token first, int n) {
  Tokens tokens(static_cast<std::size_t>(n));
  std::iota(tokens.begin(), tokens.end(), first * 1000);
  return tokens;
}

// What FakeKvCells saves.
SavedState state_of(const Tokens& tokens) { return {tokens.data(), tokens.size() * sizeof(Token)}; }

Bytes contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write(const std::string& path, const Bytes& bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

// Values of the reference implementation.
void test_the_hash() {
  CHECK_EQUAL(xxh64("", 0), 0xef46db3751d8e999u);
  CHECK_EQUAL(xxh64("a", 1), 0xd24ec4f1a98c6e5bu);
  CHECK_EQUAL(xxh64("abc", 3), 0x44bc2cf5ad770999u);
  const std::string pangram = "The quick brown fox jumps over the lazy dog";
  CHECK_EQUAL(xxh64(pangram.data(), pangram.size()), 0x0b242d361fda71bcu);
}

void test_a_snapshot_comes_back() {
  const Folder folder;
  const std::string path = folder.path + "/x.kv";
  for (const int n : {0, 1, 7, 100, 5000}) {
    const Tokens tokens = text(3, n);
    const SavedState state = state_of(text(4, 2 * n + 1));
    write_snapshot(path, kModel, tokens, state);
    CHECK(read_snapshot_tokens(path, kModel) == tokens);
    CHECK(read_snapshot_state(path, kModel, tokens) == state);
    CHECK_EQUAL(fs::file_size(path), snapshot_file_bytes(tokens.size(), state.size()));
  }
  CHECK_EQUAL(folder.files().size(), std::size_t{1});
  CHECK_THROWS(read_snapshot_tokens(path, kOther), BadSnapshot);
  CHECK_THROWS(read_snapshot_state(path, kModel, text(3, 4999)), BadSnapshot);
  CHECK_THROWS(read_snapshot_tokens(folder.path + "/none.kv", kModel), SnapshotFileError);
  CHECK_THROWS(write_snapshot(folder.path + "/none/x.kv", kModel, {}, {}), SnapshotFileError);
}

void test_every_damage_is_seen() {
  const Folder folder;
  const std::string path = folder.path + "/x.kv";
  const Tokens tokens = text(1, 20);
  write_snapshot(path, kModel, tokens, state_of(text(2, 30)));
  const Bytes sound = contents(path);
  const auto is_refused = [&](const Bytes& bytes) {
    write(path, bytes);
    try {
      read_snapshot_state(path, kModel, tokens);
      return false;
    } catch (const BadSnapshot&) {
      return true;
    }
  };
  CHECK(!is_refused(sound));
  std::mt19937 random(1);
  for (std::size_t i = 0; i < sound.size(); ++i) {
    Bytes damaged = sound;
    damaged[i] ^= static_cast<std::uint8_t>(1u << random() % 8);
    CHECK(is_refused(damaged));
    CHECK(is_refused(Bytes(sound.begin(), sound.begin() + static_cast<std::ptrdiff_t>(i))));
  }
  Bytes longer = sound;
  longer.push_back(0);
  CHECK(is_refused(longer));
}

void test_the_least_recently_used_go() {
  const Folder folder;
  Lines lines;
  const auto n_bytes = snapshot_file_bytes(10, 40);
  SnapshotDirectory directory(folder.path, kModel, 3 * n_bytes, lines.sink());
  const auto put = [&](Token first) {
    usleep(25000);  // times of files are coarse
    return directory.write(text(first, 10), state_of(text(first, 10)));
  };
  CHECK(put(1) && put(2) && put(3));
  usleep(25000);
  CHECK(directory.touch(text(1, 10)));
  CHECK(put(4));
  CHECK_EQUAL(folder.files().size(), std::size_t{3});
  CHECK(!directory.touch(text(2, 10)));
  CHECK(!directory.read(text(2, 10)).has_value());
  CHECK(directory.read(text(1, 10)) == state_of(text(1, 10)));
  SnapshotDirectory foreign(folder.path, kOther, 3 * n_bytes, lines.sink());
  CHECK(foreign.scan().empty());
  CHECK_EQUAL(directory.scan().size(), std::size_t{3});
  CHECK(lines.texts.empty());
  CHECK(!directory.write(text(5, 1000), state_of(text(5, 1000))));
  CHECK(!directory.write(text(5, 1000), state_of(text(5, 1000))));
  CHECK_EQUAL(lines.texts.size(), std::size_t{1});
  CHECK_EQUAL(folder.files().size(), std::size_t{3});
}

void test_bad_files_are_refused_once() {
  const Folder folder;
  Lines lines;
  SnapshotDirectory directory(folder.path, kModel, 1 << 20, lines.sink());
  directory.write(text(1, 10), state_of(text(1, 10)));
  const std::string path = folder.files().at(0);
  Bytes damaged = contents(path);
  damaged.back() ^= 1;  // in the state: the head is sound
  write(path, damaged);
  CHECK_EQUAL(directory.scan().size(), std::size_t{1});
  CHECK(!directory.read(text(1, 10)).has_value());
  CHECK(!directory.read(text(1, 10)).has_value());
  CHECK_EQUAL(lines.texts.size(), std::size_t{1});
  CHECK(folder.files().empty());

  damaged[60] ^= 1;  // in the tokens
  write(path, damaged);
  CHECK(directory.scan().empty());
  CHECK(directory.scan().empty());
  CHECK_EQUAL(lines.texts.size(), std::size_t{2});
  CHECK(folder.files().empty());
}

void test_a_directory_that_cannot_be_made_is_told_once() {
  Lines lines;
  SnapshotDirectory directory("/dev/null/snapshots", kModel, 1 << 20, lines.sink());
  CHECK(directory.scan().empty());
  CHECK(!directory.write(text(1, 10), {}));
  CHECK(!directory.read(text(1, 10)).has_value());
  CHECK_EQUAL(lines.texts.size(), std::size_t{1});
}

void test_abandoned_drafts_are_removed() {
  const Folder folder;
  Lines lines;
  write(folder.path + "/old.kv.abcdef.tmp", {1});
  write(folder.path + "/new.kv.abcdef.tmp", {1});
  write(folder.path + "/mine.tmp", {1});
  const timespec long_ago[2] = {{1000, 0}, {1000, 0}};
  utimensat(AT_FDCWD, (folder.path + "/old.kv.abcdef.tmp").c_str(), long_ago, 0);
  utimensat(AT_FDCWD, (folder.path + "/mine.tmp").c_str(), long_ago, 0);
  SnapshotDirectory(folder.path, kModel, 1 << 20, lines.sink()).scan();
  CHECK_EQUAL(folder.files().size(), std::size_t{2});
}

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

Tokens operator+(Tokens a, const Tokens& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

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
  test_the_hash();
  test_a_snapshot_comes_back();
  test_every_damage_is_seen();
  test_the_least_recently_used_go();
  test_bad_files_are_refused_once();
  test_a_directory_that_cannot_be_made_is_told_once();
  test_abandoned_drafts_are_removed();
  test_a_later_process_finds_them();
  test_what_another_process_removed_is_evaluated();
  test_a_directory_that_was_removed_is_made_again();
  return electron_local_test::n_failures;
}
