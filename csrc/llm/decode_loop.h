// The body of the decode thread: admits requests, runs batches, samples.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "llm/batch_decoder.h"
#include "llm/batch_plan.h"
#include "llm/cache/prefix_cache.h"
#include "llm/job.h"
#include "llm/request_queue.h"
#include "llm/settings.h"
#include "llm/types.h"

namespace electron_local {

// The life of a request: (1) `Engine::submit` checks it and queues it; (2) the loop takes it when a place is
// free and no running request is about to compute what it could share; (3) the prefix cache leases it a
// sequence that holds the longest known prefix; (4) each step plans one batch over all running requests: next
// tokens first, then prompts in chunks; (5) the decoder runs it; (6) every request with logits samples and
// pushes an event; (7) what stands in memory goes back to the cache; (8) the Generation ends. A request that
// must make room for others goes back to the queue and later continues where it was.
class DecodeLoop {
 public:
  // All three must outlive it.
  DecodeLoop(const Vocabulary& vocabulary, BatchDecoder& decoder, RequestQueue& queue,
             const Settings& settings);

  // Runs until the queue is closed, then ends what runs and what waits as cancelled.
  void run();

  // Any thread.
  EngineStats stats() const;

 private:
  using JobPointer = std::unique_ptr<Job>;

  void step();
  void admit();
  bool may_start(const Job& job) const;
  bool start(JobPointer job);
  bool make_room(std::vector<Work>& plan);
  void run_batch(const std::vector<Work>& plan);
  void settle(Job& job);
  void put_back_last();
  void finish_ended();
  void finish(Job& job);
  void fail_all(std::exception_ptr error);
  void note_state();
  void serve_logits(Job& job);

  const Vocabulary& vocabulary_;
  BatchDecoder& decoder_;
  RequestQueue& queue_;
  const Settings settings_;
  std::unique_ptr<PrefixCache> cache_;
  std::vector<JobPointer> running_;
  std::uint64_t n_steps_ = 0;
  bool is_full_ = false;      // a request was put back: nothing starts until one ends
  mutable std::mutex mutex_;  // guards stats_
  EngineStats stats_;
};

}  // namespace electron_local
