// A directory of snapshots, shared with other processes and models, within a budget of bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "llm/cache/fingerprint.h"
#include "llm/cache/snapshot_file.h"
#include "llm/types.h"

namespace electron_local {

// A file's name is made of the fingerprint and its tokens' hash, so models do not meet and a prefix has one
// file. Files are written whole or not at all, and may vanish at any time: another process made room. What
// goes wrong is told in one line and costs only the time that a snapshot would have saved. One thread at a
// time, but for `contains`.
class SnapshotDirectory {
 public:
  // Makes the directory where it is missing. `n_most_bytes`: of all snapshots in it, other models' included.
  SnapshotDirectory(std::string path, const Fingerprint& fingerprint, std::uint64_t n_most_bytes,
                    LogSink log);

  // The tokens of every sound snapshot of this fingerprint, the most recently used first. Removes files that
  // are damaged and what a writer that died has left.
  std::vector<std::vector<Token>> scan();

  // nullopt: gone or refused.
  std::optional<SavedState> read(const std::vector<Token>& tokens);

  // The least recently used snapshots give way; a directory that was removed is made again. False: not
  // written.
  bool write(const std::vector<Token>& tokens, const SavedState& state);

  // Tells, once, that a state is over the budget.
  void refuse_large(int n_tokens);

  // Counts as a use. False: there is no such file.
  bool touch(const std::vector<Token>& tokens);

  // Whether there is such a file; reads and writes nothing. Any thread.
  bool contains(const std::vector<Token>& tokens) const;

  const std::string& path() const { return path_; }
  std::uint64_t n_most_bytes() const { return n_most_bytes_; }

 private:
  std::string file_of(const std::vector<Token>& tokens) const;
  void refuse(const SnapshotFileError& failed);
  bool make_room(std::uint64_t n_bytes);
  void remove_abandoned_drafts();
  void warn_once(const std::string& text);

  std::string path_;
  Fingerprint fingerprint_;
  std::uint64_t n_most_bytes_;
  LogSink log_;
  bool has_warned_ = false;  // that nothing can be written
};

}  // namespace electron_local
