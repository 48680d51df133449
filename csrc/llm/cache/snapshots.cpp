#include "llm/cache/snapshots.h"

#include <algorithm>
#include <utility>

namespace electron_local {
namespace {

// Fewer tokens than this are evaluated sooner than a file is read.
constexpr int kMinWorth = 32;

int common_length(const std::vector<Token>& a, const std::vector<Token>& b) {
  const auto n = static_cast<std::ptrdiff_t>(std::min(a.size(), b.size()));
  return static_cast<int>(std::mismatch(a.begin(), a.begin() + n, b.begin()).first - a.begin());
}

}  // namespace

Snapshots::Snapshots(SnapshotDirectory directory) : directory_(std::move(directory)) {
  for (std::vector<Token>& tokens : directory_.scan()) {
    entries_.push_back(std::make_shared<Entry>(Entry{std::move(tokens), {}, Stage::kOnDisk, true}));
  }
  thread_ = std::thread([this] { run(); });
}

void Snapshots::close() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    is_closing_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Snapshots::run() {
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return is_closing_ || !tasks_.empty(); });
    if (tasks_.empty()) return;
    const std::function<void()> task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
    lock.lock();
  }
}

void Snapshots::enqueue(std::function<void()> task) {
  tasks_.push_back(std::move(task));
  changed_.notify_all();
}

bool Snapshots::is_fetching_for(const std::vector<Token>& prompt, const PrefixCache& cache, bool can_trim) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (entries_.empty()) return false;
  const EntryPointer entry = best_for(prompt, cache.match_length(prompt), can_trim);
  if (!entry) return false;
  if (entry->stage == Stage::kInCache && !cache.contains(entry->tokens)) entry->stage = Stage::kOnDisk;
  if (entry->stage == Stage::kOnDisk) fetch(entry);
  return entry->stage == Stage::kReading || entry->stage == Stage::kRead;
}

Snapshots::EntryPointer Snapshots::best_for(const std::vector<Token>& prompt, int n_known,
                                            bool can_trim) const {
  EntryPointer best;
  int n_best = n_known + kMinWorth - 1;
  for (const EntryPointer& entry : entries_) {
    if (entry->stage == Stage::kRefused) continue;
    const int n_common = common_length(entry->tokens, prompt);
    const bool is_usable = can_trim || n_common == static_cast<int>(entry->tokens.size());
    if (!is_usable || n_common <= n_best) continue;
    best = entry;
    n_best = n_common;
  }
  return best;
}

void Snapshots::fetch(const EntryPointer& entry) {
  entry->stage = Stage::kReading;
  ++n_reading_;
  enqueue([this, entry] {
    std::optional<SavedState> state = directory_.read(entry->tokens);
    std::lock_guard<std::mutex> lock(mutex_);
    if (state) {
      entry->state = *std::move(state);
      entry->stage = Stage::kRead;
    } else {
      forget(entry);
    }
    --n_reading_;
    changed_.notify_all();
  });
}

void Snapshots::adopt_into(PrefixCache& cache) {
  std::lock_guard<std::mutex> lock(mutex_);
  for (const EntryPointer& entry : entries_) {
    if (entry->stage != Stage::kRead) continue;
    SavedState state = std::exchange(entry->state, {});
    const bool is_there = cache.adopt(entry->tokens, std::move(state)) || cache.contains(entry->tokens);
    if (is_there) cache.pin(entry->tokens);
    entry->stage = is_there ? Stage::kInCache : Stage::kRefused;
  }
}

void Snapshots::wait_for_reads() {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [this] { return n_reading_ == 0; });
}

bool Snapshots::has(const std::vector<Token>& tokens) {
  std::lock_guard<std::mutex> lock(mutex_);
  const EntryPointer entry = find(tokens);
  if (!entry) return false;
  if (entry->is_written && !directory_.contains(tokens)) {
    forget(entry);
    return false;
  }
  enqueue([this, entry] {
    if (directory_.touch(entry->tokens)) return;
    std::lock_guard<std::mutex> inner(mutex_);
    forget(entry);
  });
  return true;
}

void Snapshots::keep(std::vector<Token> tokens, SavedState state) {
  const auto entry = std::make_shared<Entry>(Entry{std::move(tokens), {}, Stage::kInCache});
  std::lock_guard<std::mutex> lock(mutex_);
  if (state.empty()) {
    enqueue([this, entry] { directory_.refuse_large(static_cast<int>(entry->tokens.size())); });
    return;
  }
  entries_.push_back(entry);
  const auto shared = std::make_shared<SavedState>(std::move(state));
  enqueue([this, entry, shared] {
    const bool is_written = directory_.write(entry->tokens, *shared);
    std::lock_guard<std::mutex> inner(mutex_);
    entry->is_written = is_written;
    if (!is_written) forget(entry);
  });
}

int Snapshots::n_stored() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return static_cast<int>(entries_.size());
}

Snapshots::EntryPointer Snapshots::find(const std::vector<Token>& tokens) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const auto& entry) { return entry->tokens == tokens; });
  return found == entries_.end() ? nullptr : *found;
}

void Snapshots::forget(const EntryPointer& entry) {
  entries_.erase(std::remove(entries_.begin(), entries_.end(), entry), entries_.end());
}

}  // namespace electron_local
