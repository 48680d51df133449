#include "llm/request_queue.h"

#include <algorithm>
#include <utility>

namespace electron_local {

bool RequestQueue::try_add(std::unique_ptr<Job>& job) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (closed_ || n_requests() >= capacity_) return false;
    const auto place = std::find_if(jobs_.begin(), jobs_.end(),
                                    [&](const auto& other) { return other->priority < job->priority; });
    jobs_.insert(place, std::move(job));
  }
  changed_.notify_one();
  return true;
}

void RequestQueue::put_back(std::unique_ptr<Job> job) {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto place = std::find_if(jobs_.begin(), jobs_.end(),
                                  [&](const auto& other) { return other->priority <= job->priority; });
  jobs_.insert(place, std::move(job));
}

std::unique_ptr<Job> RequestQueue::take(const std::function<bool(const Job&)>& may_start) {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = std::find_if(jobs_.begin(), jobs_.end(),
                                  [&](const auto& job) { return job->is_given_up() || may_start(*job); });
  if (found == jobs_.end()) return nullptr;
  std::unique_ptr<Job> job = std::move(*found);
  jobs_.erase(found);
  return job;
}

bool RequestQueue::wait_for_job() {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [this] { return closed_ || !jobs_.empty(); });
  return !closed_;
}

void RequestQueue::close() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
}

// Under the mutex.
std::size_t RequestQueue::n_requests() const {
  const auto is_request = [](const std::unique_ptr<Job>& job) { return !job->is_question; };
  return static_cast<std::size_t>(std::count_if(jobs_.begin(), jobs_.end(), is_request));
}

std::size_t RequestQueue::size() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return n_requests();
}

}  // namespace electron_local
