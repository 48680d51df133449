#include "llm/generation.h"

#include <unistd.h>

#include <utility>

#include "base/error.h"

namespace electron_local {
namespace {

// Waking a reader takes as long as a twentieth of a small model's step, and the core that the step needs.
constexpr auto kLeastPause = std::chrono::milliseconds(1);

}  // namespace

std::vector<TokenEvent> Generation::next(std::chrono::milliseconds timeout) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    was_woken_ = false;  // before the queue is looked at: what comes later writes again
  }
  std::vector<TokenEvent> events = events_.pop_all(timeout);
  if (events.empty() && events_.closed()) {
    std::lock_guard<std::mutex> lock(mutex_);
    if (error_) std::rethrow_exception(error_);
  }
  return events;
}

void Generation::notify(int fd) {
  std::lock_guard<std::mutex> lock(mutex_);
  notify_fd_ = fd;
  was_woken_ = false;
}

void Generation::push(TokenEvent event) {
  events_.try_push(std::move(event));
  is_held_ = true;
}

void Generation::note(Usage so_far) {
  std::lock_guard<std::mutex> lock(mutex_);
  usage_ = so_far;
}

void Generation::hand_over(bool is_urgent) {
  if (!is_held_) return;
  const Clock::time_point now = Clock::now();
  if (!is_urgent && now - last_woken_ < kLeastPause) return;
  is_held_ = false;
  last_woken_ = now;
  events_.wake_one();
  wake();
}

void Generation::finish(FinishReason reason, Usage usage) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    reason_ = reason;
    usage_ = usage;
  }
  events_.close();
  wake();
}

void Generation::fail(std::exception_ptr error, Usage usage) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    error_ = std::move(error);
    usage_ = usage;
  }
  events_.close();
  wake();
}

void Generation::abandon() {
  if (events_.closed()) return;
  fail(std::make_exception_ptr(DecodeError("the request was lost by a failure of the engine")));
}

std::optional<FinishReason> Generation::finish_reason() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return reason_;
}

Usage Generation::usage() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return usage_;
}

void Generation::wake() {
  std::lock_guard<std::mutex> lock(mutex_);
  if (notify_fd_ < 0 || was_woken_) return;
  was_woken_ = true;
  const char byte = 1;
  // A full pipe already wakes the reader.
  [[maybe_unused]] const auto written = write(notify_fd_, &byte, 1);
}

}  // namespace electron_local
