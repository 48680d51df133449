// What a prefill leaves behind: pinned prefixes, snapshots of them, and tails that a later one corrects.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "llm/batch_decoder.h"
#include "llm/cache/prefix_cache.h"
#include "llm/cache/snapshots.h"
#include "llm/job.h"
#include "llm/types.h"

namespace electron_local {

// The decode loop calls it around the life of each request. Decode thread only.
class PrefillUpkeep {
 public:
  // `snapshots` may be nullptr. Both must outlive it.
  PrefillUpkeep(BatchDecoder& decoder, Snapshots* snapshots) : decoder_(decoder), snapshots_(snapshots) {}

  // Call before requests are admitted.
  void adopt_into(PrefixCache& cache);

  // True: a stored prefix of the request's prompt is being read.
  bool must_wait(const Job& job, const PrefixCache& cache);

  int n_snapshots() const { return snapshots_ != nullptr ? snapshots_->n_stored() : 0; }

  // Nothing runs: waits for what `must_wait` told of.
  void wait_for_reads();

  // The tail that the last prefill of the same conversation left is cut to what this one begins with.
  void before_start(const Job& job, PrefixCache& cache);

  // Between them the request's sequence goes back to the cache.
  void before_release(const Job& job);
  void after_release(const Job& job, PrefixCache& cache);

 private:
  BatchDecoder& decoder_;
  Snapshots* snapshots_;
  std::deque<std::pair<std::string, std::vector<Token>>> tails_;  // by conversation, the newest last
};

}  // namespace electron_local
