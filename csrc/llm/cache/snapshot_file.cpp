#include "llm/cache/snapshot_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/open_file.h"
#include "base/xxh64.h"

namespace electron_local {
namespace {

constexpr char kMagic[8] = {'E', 'L', 'K', 'V', 'S', 'N', 'A', 'P'};

struct Head {
  char magic[8];
  std::uint32_t version;
  std::uint32_t n_tokens;
  std::uint64_t fingerprint[2];
  std::uint64_t n_state_bytes;
  std::uint64_t state_hash;
  std::uint64_t head_hash;
};
static_assert(sizeof(Head) == 56, "the layout has no gaps");

std::uint64_t hash_of(const Head& head, const std::vector<Token>& tokens) {
  const std::uint64_t fields = xxh64(&head, offsetof(Head, head_hash));
  return xxh64(tokens.data(), tokens.size() * sizeof(Token), fields);
}

[[noreturn]] void fail(const std::string& path, const char* what) {
  const int number = errno;
  throw SnapshotFileError(path + ": " + what + ": " + std::strerror(number), number);
}

// A file under a name of its own until it is moved to its place; removed when that does not come about.
class Draft {
 public:
  explicit Draft(const std::string& path) : name_(path + ".XXXXXX.tmp"), file_(make(name_)) {}
  ~Draft() {
    if (!is_moved_) unlink(name_.c_str());
  }
  const OpenFile& file() const { return file_; }
  void move_to(const std::string& path) {
    if (rename(name_.c_str(), path.c_str()) != 0) fail(path, "rename");
    is_moved_ = true;
  }

 private:
  static int make(std::string& name) {
    const int fd = mkostemps(name.data(), 4, O_CLOEXEC);
    if (fd < 0) fail(name, "create");
    return fd;
  }

  std::string name_;
  OpenFile file_;
  bool is_moved_ = false;
};

// A rename is on disk once its directory is. Some file systems cannot sync one.
void sync_directory_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  const OpenFile directory = OpenFile::for_reading(slash == std::string::npos ? "." : path.substr(0, slash));
  if (directory.is_open()) fsync(directory.fd());
}

OpenFile open_snapshot(const std::string& path) {
  OpenFile file = OpenFile::for_reading(path);
  if (!file.is_open()) fail(path, "open");
  return file;
}

void read_or_refuse(const std::string& path, const OpenFile& file, void* data, std::size_t n_bytes,
                    std::size_t offset) {
  errno = 0;
  if (file.read_at(data, n_bytes, offset)) return;
  if (errno != 0) fail(path, "read");
  throw BadSnapshot(path + ": shorter than it should be");
}

Head read_head(const std::string& path, const OpenFile& file, const Fingerprint& fingerprint,
               std::vector<Token>& tokens) {
  Head head{};
  read_or_refuse(path, file, &head, sizeof head, 0);
  if (std::memcmp(head.magic, kMagic, sizeof kMagic) != 0) throw BadSnapshot(path + ": not a snapshot");
  if (head.version != kSnapshotVersion) {
    throw BadSnapshot(path + ": version " + std::to_string(head.version) + ", this is version " +
                      std::to_string(kSnapshotVersion));
  }
  const auto size = static_cast<std::uint64_t>(file.size());
  const std::uint64_t n_rest = size - std::min<std::uint64_t>(size, sizeof head);
  const std::uint64_t n_token_bytes = std::uint64_t{head.n_tokens} * sizeof(Token);
  if (n_token_bytes > n_rest || n_rest - n_token_bytes != head.n_state_bytes) {
    throw BadSnapshot(path + ": " + std::to_string(size) + " bytes, its head tells of " +
                      std::to_string(head.n_tokens) + " tokens and " + std::to_string(head.n_state_bytes) +
                      " bytes of state");
  }
  tokens.resize(head.n_tokens);
  read_or_refuse(path, file, tokens.data(), n_token_bytes, sizeof head);
  if (hash_of(head, tokens) != head.head_hash) throw BadSnapshot(path + ": damaged, a checksum differs");
  if (!(Fingerprint{{head.fingerprint[0], head.fingerprint[1]}} == fingerprint)) {
    throw BadSnapshot(path + ": made with another model or other settings");
  }
  return head;
}

}  // namespace

void write_snapshot(const std::string& path, const Fingerprint& fingerprint, const std::vector<Token>& tokens,
                    const SavedState& state) {
  Head head{};
  std::memcpy(head.magic, kMagic, sizeof kMagic);
  head.version = kSnapshotVersion;
  head.n_tokens = static_cast<std::uint32_t>(tokens.size());
  head.fingerprint[0] = fingerprint.words[0];
  head.fingerprint[1] = fingerprint.words[1];
  head.n_state_bytes = state.size();
  head.state_hash = xxh64(state.data(), state.size());
  head.head_hash = hash_of(head, tokens);

  Draft draft(path);
  const OpenFile& file = draft.file();
  if (!file.write_all(&head, sizeof head) || !file.write_all(tokens.data(), tokens.size() * sizeof(Token)) ||
      !file.write_all(state.data(), state.size()) || fsync(file.fd()) != 0) {
    fail(path, "write");
  }
  draft.move_to(path);
  sync_directory_of(path);
}

std::vector<Token> read_snapshot_tokens(const std::string& path, const Fingerprint& fingerprint) {
  std::vector<Token> tokens;
  read_head(path, open_snapshot(path), fingerprint, tokens);
  return tokens;
}

SavedState read_snapshot_state(const std::string& path, const Fingerprint& fingerprint,
                               const std::vector<Token>& tokens) {
  const OpenFile file = open_snapshot(path);
  std::vector<Token> here;
  const Head head = read_head(path, file, fingerprint, here);
  if (here != tokens) throw BadSnapshot(path + ": holds other tokens than its name says");
  SavedState state(head.n_state_bytes);
  read_or_refuse(path, file, state.data(), state.size(), sizeof head + here.size() * sizeof(Token));
  if (xxh64(state.data(), state.size()) != head.state_hash) {
    throw BadSnapshot(path + ": damaged, a checksum differs");
  }
  return state;
}

std::size_t snapshot_file_bytes(std::size_t n_tokens, std::size_t n_state_bytes) {
  return sizeof(Head) + n_tokens * sizeof(Token) + n_state_bytes;
}

}  // namespace electron_local
