// The body of the decode thread: admits requests, runs batches, samples.
#pragma once

#include <cstdint>
#include <exception>
#include <mutex>
#include <vector>

#include "llm/batch_decoder.h"
#include "llm/batch_plan.h"
#include "llm/job.h"
#include "llm/request_queue.h"
#include "llm/running_jobs.h"
#include "llm/settings.h"
#include "llm/speculation/drafting.h"
#include "llm/types.h"

namespace electron_local {

// The life of a request: (1) `Engine::submit` checks it and queues it; (2) the loop takes it when a place is
// free and no running request is about to compute what it could share; (3) the prefix cache leases it a
// sequence that holds the longest known prefix; (4) each step plans one batch over all running requests: next
// tokens first, then prompts in chunks, and guesses where nobody reads a prompt; (5) the decoder runs it; (6)
// every request with logits samples and pushes an event; (7) what stands in memory goes back to the cache;
// (8) the Generation ends. A request that must make room for others, or whose next token waits for their
// answers, goes back to the queue and later continues where it was.
class DecodeLoop {
 public:
  // All must outlive it; `snapshots` may be nullptr.
  DecodeLoop(const Vocabulary& vocabulary, BatchDecoder& decoder, RequestQueue& queue,
             const Settings& settings, Snapshots* snapshots = nullptr);

  // Runs until the queue is closed, then ends what runs and what waits as cancelled.
  void run();

  // Any thread.
  EngineStats stats() const;

 private:
  using JobPointer = RunningJobs::JobPointer;

  void step();
  void admit();
  void plan_step();
  bool add_guesses();
  void run_batch();
  void advance(Job& job, const Work& work, int row, bool is_evaluated);
  void give_back_guesses(Job& job);
  bool should_abort();
  void settle(Job& job);
  void finish_ended();
  void finish(Job& job);
  void count(const Job& job);
  void fail_all(std::exception_ptr error);
  void tidy();
  void note_state();
  bool decodes_only() const;

  const Vocabulary& vocabulary_;
  BatchDecoder& decoder_;
  RequestQueue& queue_;
  RunningJobs running_;
  Drafting drafting_;
  std::uint64_t n_steps_ = 0;
  std::uint64_t n_drafted_ = 0;
  std::uint64_t n_accepted_ = 0;
  // Scratch of one step.
  std::vector<Runnable> runnables_;
  std::vector<Work> plan_;
  std::vector<BatchPart> parts_;
  std::vector<const Job*> prefilling_;
  mutable std::mutex mutex_;  // guards stats_
  EngineStats stats_;
};

}  // namespace electron_local
