// What a request and its reader share.
#pragma once

#include <atomic>
#include <chrono>
#include <exception>
#include <mutex>
#include <optional>
#include <vector>

#include "base/queue.h"
#include "llm/types.h"

namespace electron_local {

// The decode thread writes, one reader reads, any thread cancels. Shared by both through a shared_ptr.
class Generation {
 public:
  // The queue holds every event a request can make: the decode thread never waits for a slow reader.
  explicit Generation(int n_events) : events_(static_cast<std::size_t>(n_events)) {}

  // Reader: waits up to `timeout`. Empty while nothing came; rethrows what ended the request badly.
  std::vector<TokenEvent> next(std::chrono::milliseconds timeout);

  // Reader: true once the last event was taken.
  bool done() const { return events_.closed() && events_.size() == 0; }

  // Any thread: true once nothing more will come; what came may not have been taken yet.
  bool has_ended() const { return events_.closed(); }

  void cancel() { cancelled_.store(true, std::memory_order_relaxed); }
  bool cancelled() const { return cancelled_.load(std::memory_order_relaxed); }

  // A byte is written to `fd` (a non-blocking pipe or socket of the reader's) with the first event after
  // every `next` and at the end; -1 stops that. Lets an event loop wait without a thread.
  void notify(int fd);

  // Decode thread. A reader that waits is woken by `hand_over` or by the end; where that is not urgent, once
  // a millisecond at most.
  void push(TokenEvent event);
  void note(Usage so_far);
  void hand_over(bool is_urgent);
  void finish(FinishReason reason, Usage usage);
  void fail(std::exception_ptr error, Usage usage = {});

  // Whoever drops the request unfinished: its reader is told, and does not wait for ever.
  void abandon();

  std::optional<FinishReason> finish_reason() const;
  Usage usage() const;  // so far; final once it has ended

 private:
  using Clock = std::chrono::steady_clock;

  void wake();

  BoundedQueue<TokenEvent> events_;
  bool is_held_ = false;          // events came since the reader was last woken; decode thread
  Clock::time_point last_woken_;  // likewise
  std::atomic<bool> cancelled_{false};
  mutable std::mutex mutex_;  // guards what follows
  int notify_fd_ = -1;
  bool was_woken_ = false;  // a byte was written since the reader last took events
  std::optional<FinishReason> reason_;
  Usage usage_;
  std::exception_ptr error_;
};

}  // namespace electron_local
