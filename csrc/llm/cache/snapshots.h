// Prefixes that outlive the process: what is on disk, what is on its way, and the thread that carries it.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "llm/cache/prefix_cache.h"
#include "llm/cache/saved_state.h"
#include "llm/cache/snapshot_directory.h"
#include "llm/types.h"

namespace electron_local {

// The decode thread asks and gives; a thread of its own reads and writes, so that a slow disk stalls nobody
// who speaks. Nothing here throws for what happens on disk.
class Snapshots {
 public:
  explicit Snapshots(SnapshotDirectory directory);
  ~Snapshots() { close(); }

  // Returns once everything given to it is on disk. Nothing may be asked of it afterwards. Idempotent.
  void close();

  // True: a stored prefix that would save much of `prompt` is being read; ask again after `adopt_into`.
  // `can_trim`: part of a snapshot is of use.
  bool is_fetching_for(const std::vector<Token>& prompt, const PrefixCache& cache, bool can_trim);

  // What has been read since the last call becomes part of the cache, and pinned.
  void adopt_into(PrefixCache& cache);

  // Waits until nothing is being read.
  void wait_for_reads();

  // True: on disk, or on its way there; counts as a use.
  bool has(const std::vector<Token>& tokens);
  // `state` empty: it is larger than `n_most_bytes`.
  void keep(std::vector<Token> tokens, SavedState state);

  std::size_t n_most_bytes() const { return static_cast<std::size_t>(directory_.n_most_bytes()); }
  int n_stored() const;

 private:
  enum class Stage { kOnDisk, kReading, kRead, kInCache, kRefused };
  struct Entry {
    std::vector<Token> tokens;
    SavedState state;  // kRead only
    Stage stage = Stage::kOnDisk;
    bool is_written = false;  // or was: other processes may remove it
  };
  using EntryPointer = std::shared_ptr<Entry>;

  void run();
  void enqueue(std::function<void()> task);
  EntryPointer best_for(const std::vector<Token>& prompt, int n_known, bool can_trim) const;
  EntryPointer find(const std::vector<Token>& tokens) const;
  void fetch(const EntryPointer& entry);
  void forget(const EntryPointer& entry);

  SnapshotDirectory directory_;  // its own thread's, after construction; `contains` aside
  mutable std::mutex mutex_;     // guards what follows
  std::condition_variable changed_;
  std::vector<EntryPointer> entries_;
  std::deque<std::function<void()>> tasks_;
  int n_reading_ = 0;
  bool is_closing_ = false;
  std::thread thread_;
};

}  // namespace electron_local
