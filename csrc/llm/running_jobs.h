// Which requests run: who is let in, who must give way, who has ended.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "llm/batch_decoder.h"
#include "llm/batch_plan.h"
#include "llm/cache/prefix_cache.h"
#include "llm/job.h"
#include "llm/prefill_upkeep.h"
#include "llm/request_queue.h"
#include "llm/settings.h"

namespace electron_local {

// Every request here holds a sequence of the prefix cache, which this owns too. Decode thread only.
class RunningJobs {
 public:
  using JobPointer = std::unique_ptr<Job>;

  // All must outlive it; `snapshots` may be nullptr.
  RunningJobs(RequestQueue& queue, BatchDecoder& decoder, const Settings& settings, Snapshots* snapshots);

  bool empty() const { return jobs_.empty(); }
  std::size_t size() const { return jobs_.size(); }
  Job& operator[](int index) { return *jobs_[static_cast<std::size_t>(index)]; }
  const std::vector<JobPointer>& all() const { return jobs_; }
  PrefixCache& cache() { return *cache_; }
  CacheStats stats() const;

  // Starts what may start. Returns a request that is not to run, given up or asking for logits alone; nullptr
  // when there is none left.
  JobPointer admit(std::uint64_t step);

  // Room for the plan: takes prompts out of it, then requests out of the batch. False: plan again.
  bool make_room(std::vector<Work>& plan);

  // The request that costs least to interrupt goes back to the queue: lowest priority, latest come. Its
  // tokens stay in the cache. Throws DecodeError when it would be the only one.
  void put_back_last();

  // Those that are asking go back to the queue, behind their questions.
  void queue_questions();

  // Those that have ended or are given up; they hold their sequences still.
  std::vector<JobPointer> take_ended();

  // The sequence of one that has ended goes back to the cache.
  void release(const Job& job);

  // What those that have ended left behind goes where it belongs.
  void tidy() { cache_->tidy(); }

  // Nothing runs: waits for what keeps requests from starting.
  void wait_for_snapshots() { upkeep_.wait_for_reads(); }

  // Drops everything after a failure, whatever state the memory is in.
  std::vector<JobPointer> reset();

 private:
  bool may_start(const Job& job);
  bool start(JobPointer& job, std::uint64_t step);
  void put_back(std::vector<JobPointer>::iterator place);

  RequestQueue& queue_;
  BatchDecoder& decoder_;
  const Settings settings_;
  std::unique_ptr<PrefixCache> cache_;
  PrefillUpkeep upkeep_;
  std::vector<JobPointer> jobs_;
  bool is_full_ = false;  // a request was put back: nothing starts until one ends
};

}  // namespace electron_local
