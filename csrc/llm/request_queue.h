// Requests that wait for a place in the batch.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>

#include "llm/job.h"

namespace electron_local {

// Any thread adds; the decode thread takes: higher priority first, then first come.
class RequestQueue {
 public:
  explicit RequestQueue(std::size_t capacity) : capacity_(capacity) {}

  // False when full or closed: the job is not taken. Questions do not count.
  bool try_add(std::unique_ptr<Job>& job);

  // A job that ran and must wait again: ahead of its equals, whatever the capacity.
  void put_back(std::unique_ptr<Job> job);

  // The best job that `may_start` accepts, or none. Jobs that are given up are always taken: they end at
  // once.
  std::unique_ptr<Job> take(const std::function<bool(const Job&)>& may_start);

  // Waits until there is a job or the queue is closed; false: closed.
  bool wait_for_job();

  // Refuses what comes; what is there can still be taken.
  void close();

  bool closed() const { return closed_.load(std::memory_order_relaxed); }
  std::size_t size() const;  // without questions

 private:
  std::size_t n_requests() const;

  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::list<std::unique_ptr<Job>> jobs_;  // in the order they are to be taken
  std::atomic<bool> closed_{false};       // set under the mutex; the decode thread asks often
};

}  // namespace electron_local
