#include "llm/cache/snapshot_directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <new>
#include <system_error>
#include <utility>

#include "base/xxh64.h"

namespace electron_local {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSuffix = ".kv";
constexpr const char* kDraftSuffix = ".tmp";
constexpr std::time_t kDraftSeconds = 3600;  // no writer takes so long

struct Found {
  std::string path;
  std::uint64_t n_bytes;
  timespec last_used;  // the time of modification: access times are off on many mounts
};

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

// The files of a directory that end so, the most recently used first; none where it cannot be read.
std::vector<Found> files_in(const std::string& directory, const char* suffix) {
  std::vector<Found> found;
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
    const std::string path = entry->path().string();
    struct stat status {};
    if (!ends_with(path, suffix) || stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    found.push_back({path, static_cast<std::uint64_t>(status.st_size), status.st_mtim});
  }
  std::sort(found.begin(), found.end(), [](const Found& a, const Found& b) {
    return std::make_pair(a.last_used.tv_sec, a.last_used.tv_nsec) >
           std::make_pair(b.last_used.tv_sec, b.last_used.tv_nsec);
  });
  return found;
}

std::string hex(std::uint64_t value) {
  char text[17];
  std::snprintf(text, sizeof text, "%016" PRIx64, value);
  return text;
}

}  // namespace

SnapshotDirectory::SnapshotDirectory(std::string path, const Fingerprint& fingerprint,
                                     std::uint64_t n_most_bytes, LogSink log)
    : path_(std::move(path)), fingerprint_(fingerprint), n_most_bytes_(n_most_bytes), log_(std::move(log)) {
  std::error_code error;
  fs::create_directories(path_, error);
  if (!fs::is_directory(path_, error)) {
    warn_once("snapshot directory " + path_ + " cannot be made; prefixes are not kept on disk");
  } else if (access(path_.c_str(), R_OK | W_OK | X_OK) != 0) {
    warn_once("snapshot directory " + path_ + " cannot be written; new prefixes are not kept on disk");
  }
}

std::vector<std::vector<Token>> SnapshotDirectory::scan() {
  remove_abandoned_drafts();
  const std::string prefix = path_ + "/" + hex(fingerprint_.words[0]) + "-";
  std::vector<std::vector<Token>> snapshots;
  int n_foreign = 0;
  for (const Found& file : files_in(path_, kSuffix)) {
    if (file.path.compare(0, prefix.size(), prefix) != 0) {
      ++n_foreign;
      continue;
    }
    try {
      std::vector<Token> tokens = read_snapshot_tokens(file.path, fingerprint_);
      if (file_of(tokens) != file.path)
        throw BadSnapshot(file.path + ": holds other tokens than its name says");
      snapshots.push_back(std::move(tokens));
    } catch (const BadSnapshot& bad) {
      log_(LogLevel::kWarning, std::string("snapshot refused: ") + bad.what());
      unlink(file.path.c_str());
    } catch (const SnapshotFileError& failed) {
      refuse(failed);
    }
  }
  if (n_foreign > 0) {
    log_(LogLevel::kInfo, "snapshot directory " + path_ + ": " + std::to_string(n_foreign) +
                              " of other models or settings passed over");
  }
  return snapshots;
}

std::optional<SavedState> SnapshotDirectory::read(const std::vector<Token>& tokens) {
  const std::string path = file_of(tokens);
  try {
    SavedState state = read_snapshot_state(path, fingerprint_, tokens);
    touch(tokens);
    return state;
  } catch (const BadSnapshot& bad) {
    log_(LogLevel::kWarning, std::string("snapshot refused: ") + bad.what());
    unlink(path.c_str());
  } catch (const SnapshotFileError& failed) {
    refuse(failed);
  } catch (const std::bad_alloc&) {
    log_(LogLevel::kWarning, "snapshot refused: " + path + ": no memory for it");
  }
  return std::nullopt;
}

bool SnapshotDirectory::write(const std::vector<Token>& tokens, const SavedState& state) {
  try {
    const std::uint64_t n_bytes = snapshot_file_bytes(tokens.size(), state.size());
    if (!make_room(n_bytes)) {
      refuse_large(static_cast<int>(tokens.size()));
      return false;
    }
    std::error_code ignored;  // what is wrong with the directory, the write tells
    fs::create_directories(path_, ignored);
    write_snapshot(file_of(tokens), fingerprint_, tokens, state);
    return true;
  } catch (const std::exception& failed) {  // lack of memory too
    warn_once(std::string("snapshot not written: ") + failed.what());
    return false;
  }
}

void SnapshotDirectory::refuse_large(int n_tokens) {
  warn_once("snapshot not written: the state of " + std::to_string(n_tokens) +
            " tokens does not fit into the " + std::to_string(n_most_bytes_) + " bytes that " + path_ +
            " may hold");
}

// What is gone was removed to make room.
void SnapshotDirectory::refuse(const SnapshotFileError& failed) {
  if (failed.number == ENOENT || failed.number == ENOTDIR) return;
  log_(LogLevel::kWarning, std::string("snapshot refused: ") + failed.what());
}

bool SnapshotDirectory::touch(const std::vector<Token>& tokens) {
  utimensat(AT_FDCWD, file_of(tokens).c_str(), nullptr, 0);
  return contains(tokens);
}

bool SnapshotDirectory::contains(const std::vector<Token>& tokens) const {
  return access(file_of(tokens).c_str(), F_OK) == 0;
}

std::string SnapshotDirectory::file_of(const std::vector<Token>& tokens) const {
  const std::uint64_t hash = xxh64(tokens.data(), tokens.size() * sizeof(Token));
  return path_ + "/" + hex(fingerprint_.words[0]) + "-" + hex(hash) + kSuffix;
}

bool SnapshotDirectory::make_room(std::uint64_t n_bytes) {
  if (n_bytes > n_most_bytes_) return false;
  std::vector<Found> files = files_in(path_, kSuffix);
  std::uint64_t n_used = n_bytes;
  for (const Found& file : files) n_used += file.n_bytes;
  while (n_used > n_most_bytes_ && !files.empty()) {
    unlink(files.back().path.c_str());
    n_used -= files.back().n_bytes;
    files.pop_back();
  }
  return true;
}

void SnapshotDirectory::remove_abandoned_drafts() {
  for (const Found& draft : files_in(path_, kDraftSuffix)) {
    if (draft.path.find(std::string(kSuffix) + ".") == std::string::npos) continue;
    if (draft.last_used.tv_sec + kDraftSeconds < std::time(nullptr)) unlink(draft.path.c_str());
  }
}

void SnapshotDirectory::warn_once(const std::string& text) {
  if (!has_warned_) log_(LogLevel::kWarning, text);
  has_warned_ = true;
}

}  // namespace electron_local
