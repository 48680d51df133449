// Snapshots on disk: what is written comes back, what is damaged is refused, and old ones make room.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "base/xxh64.h"
#include "check.h"
#include "llm/cache/snapshot_directory.h"
#include "llm/cache/snapshot_file.h"
#include "snapshot_folder.h"

using namespace electron_local;  // the whole room is under test
using namespace electron_local_test;

namespace {

using Bytes = std::vector<std::uint8_t>;

const Fingerprint kOther = fingerprint_of("another model");

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

}  // namespace

int main() {
  test_the_hash();
  test_a_snapshot_comes_back();
  test_every_damage_is_seen();
  test_the_least_recently_used_go();
  test_bad_files_are_refused_once();
  test_a_directory_that_cannot_be_made_is_told_once();
  test_abandoned_drafts_are_removed();
  return electron_local_test::n_failures;
}
