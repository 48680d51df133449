#include "llm/decode_loop.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "base/error.h"
#include "llm/cache/naive_cache.h"
#include "llm/cache/prefix_tree.h"
#include "llm/sampling_step.h"

namespace electron_local {
namespace {

// A shared prefix shorter than this is computed again rather than waited for.
constexpr int kMinSharedTokens = 32;

int common_prefix_length(const std::vector<Token>& a, const std::vector<Token>& b) {
  const auto n = static_cast<std::ptrdiff_t>(std::min(a.size(), b.size()));
  return static_cast<int>(std::mismatch(a.begin(), a.begin() + n, b.begin()).first - a.begin());
}

std::unique_ptr<PrefixCache> make_cache(BatchDecoder& decoder, const Settings& settings) {
  CacheLimits limits;
  limits.n_cells = settings.n_cells;
  limits.n_sequences = settings.n_sequences();
  limits.n_cached = settings.n_cached;
  limits.host_bytes = settings.host_bytes;
  limits.can_trim = decoder.can_trim();
  if (settings.use_prefix_cache) return std::make_unique<PrefixTree>(decoder, limits);
  return std::make_unique<NaiveCache>(decoder, limits);
}

}  // namespace

DecodeLoop::DecodeLoop(const Vocabulary& vocabulary, BatchDecoder& decoder, RequestQueue& queue,
                       const Settings& settings)
    : vocabulary_(vocabulary),
      decoder_(decoder),
      queue_(queue),
      settings_(settings),
      cache_(make_cache(decoder, settings)) {}

void DecodeLoop::run() {
  while (!queue_.closed()) {
    if (running_.empty() && !queue_.wait_for_job()) break;
    try {
      step();
    } catch (...) {
      fail_all(std::current_exception());
    }
  }
  try {
    for (JobPointer& job : running_) job->generation->cancel();
    finish_ended();
    while (JobPointer job = queue_.take([](const Job&) { return true; })) {
      job->generation->cancel();
      finish(*job);
    }
  } catch (...) {
    fail_all(std::current_exception());
  }
}

void DecodeLoop::note_state() {
  const CacheStats cache = cache_->stats();
  std::lock_guard<std::mutex> lock(mutex_);
  stats_.n_running = static_cast<int>(running_.size());
  stats_.cache = cache;
}

EngineStats DecodeLoop::stats() const {
  std::lock_guard<std::mutex> lock(mutex_);
  EngineStats out = stats_;
  out.evaluated_tokens = decoder_.n_evaluated();
  return out;
}

void DecodeLoop::step() {
  ++n_steps_;
  admit();
  finish_ended();
  std::vector<Runnable> runnables;
  for (std::size_t i = 0; i < running_.size(); ++i) {
    const Job& job = *running_[i];
    // What does not fit into one batch goes in chunks, as a prompt does.
    const bool in_chunks = job.is_prefilling() || job.sequence.n_pending() > decoder_.n_batch();
    runnables.push_back(
        {static_cast<int>(i), job.sequence.n_pending(), in_chunks, job.priority, job.last_step});
  }
  PlanLimits limits;
  limits.n_batch = decoder_.n_batch();
  limits.n_prefill = decoder_.n_prefill(cache_->stats().cells_used);
  std::vector<Work> plan = plan_batch(std::move(runnables), limits);
  if (make_room(plan) && !plan.empty()) {
    run_batch(plan);
    finish_ended();
  }
  note_state();
}

void DecodeLoop::admit() {
  const auto n_places = static_cast<std::size_t>(settings_.n_parallel);
  while (JobPointer job = queue_.take(
             [&](const Job& waiting) { return running_.size() < n_places && may_start(waiting); })) {
    if (job->generation->cancelled()) {
      finish(*job);
    } else if (job->logits) {
      serve_logits(*job);
    } else if (!start(std::move(job))) {
      return;
    }
  }
}

bool DecodeLoop::may_start(const Job& job) const {
  if (job.logits) return running_.empty();
  if (is_full_ && !running_.empty()) return false;
  const std::vector<Token>& tokens = job.sequence.tokens();
  int n_known = -1;
  for (const JobPointer& other : running_) {
    const int n_common = common_prefix_length(tokens, other->sequence.tokens());
    if (n_common < kMinSharedTokens || other->sequence.n_evaluated() >= n_common) continue;
    if (n_known < 0) n_known = cache_->match_length(tokens);
    if (n_common - n_known >= kMinSharedTokens) return false;
  }
  return true;
}

bool DecodeLoop::start(JobPointer job) {
  std::optional<Lease> lease = cache_->acquire(job->sequence.tokens());
  if (!lease) {
    queue_.put_back(std::move(job));
    return false;
  }
  job->id = lease->id;
  job->sequence.set_evaluated(lease->n_tokens);
  if (job->was_admitted) {
    job->usage.cached_tokens = std::min(job->usage.cached_tokens, lease->n_tokens);
  } else {
    job->was_admitted = true;
    job->usage.cached_tokens = lease->n_tokens;
    job->match_end = std::move(lease->end);
  }
  job->last_step = n_steps_;
  running_.push_back(std::move(job));
  return true;
}

// Takes prompts out of the plan, then requests out of the batch, until the rest fits. False: plan again.
bool DecodeLoop::make_room(std::vector<Work>& plan) {
  const auto n_planned = [&] {
    int n = 0;
    for (const Work& work : plan) n += work.n;
    return n;
  };
  while (!plan.empty() && !cache_->reserve(n_planned())) {
    if (!running_[static_cast<std::size_t>(plan.back().index)]->is_prefilling()) {
      put_back_last();
      return false;
    }
    plan.pop_back();
    if (plan.empty()) {
      put_back_last();
      return false;
    }
  }
  return true;
}

// The request that costs least to interrupt: lowest priority, latest come. Its tokens stay in the cache.
void DecodeLoop::put_back_last() {
  if (running_.size() < 2)
    throw DecodeError("the cache of " + std::to_string(decoder_.n_cells()) + " cells is full");
  auto victim = running_.begin();
  for (auto job = running_.begin(); job != running_.end(); ++job) {
    if ((*job)->priority <= (*victim)->priority) victim = job;
  }
  JobPointer job = std::move(*victim);
  running_.erase(victim);
  cache_->release(job->id, job->sequence.tokens(), job->sequence.n_evaluated());
  job->id = -1;
  is_full_ = true;  // nothing new starts before something has ended
  queue_.put_back(std::move(job));
}

void DecodeLoop::run_batch(const std::vector<Work>& plan) {
  std::vector<BatchPart> parts;
  std::vector<const Generation*> prefilling;
  for (const Work& work : plan) {
    Job& job = *running_[static_cast<std::size_t>(work.index)];
    job.last_step = n_steps_;
    parts.push_back({job.id, &job.sequence.tokens(), job.sequence.n_evaluated(), work.n});
    if (job.is_prefilling()) prefilling.push_back(job.generation.get());
  }
  {
    std::lock_guard<std::mutex> lock(mutex_);
    ++stats_.batches;
  }
  const DecodeResult result = decoder_.decode(parts, [&] {
    return queue_.closed() ||
           std::any_of(prefilling.begin(), prefilling.end(), [](const auto* g) { return g->cancelled(); });
  });
  if (result == DecodeResult::kNoRoom) {
    put_back_last();
    return;
  }
  int n_rows = 0;
  for (const Work& work : plan) {
    Job& job = *running_[static_cast<std::size_t>(work.index)];
    n_rows += work.n;
    if (result == DecodeResult::kAborted) {
      settle(job);
    } else {
      job.sequence.mark_evaluated(work.n);
    }
    cache_->publish(job.id, job.sequence.tokens(), job.sequence.n_evaluated());
    if (result == DecodeResult::kOk && job.generates && job.sequence.n_pending() == 0)
      sample_next(job, decoder_.logits(n_rows - 1), vocabulary_);
  }
}

// After an aborted batch: what memory kept counts; logits are lost, so the last token is evaluated again.
void DecodeLoop::settle(Job& job) {
  int n_kept = decoder_.n_in_memory(job.id);
  const int n_tokens = static_cast<int>(job.sequence.tokens().size());
  if (n_kept == n_tokens) n_kept = decoder_.trim(job.id, n_tokens - 1);
  job.sequence.set_evaluated(n_kept);
}

void DecodeLoop::finish_ended() {
  const auto ended = std::stable_partition(running_.begin(), running_.end(), [](const JobPointer& job) {
    return !job->has_ended() && !job->generation->cancelled();
  });
  for (auto job = ended; job != running_.end(); ++job) finish(**job);
  if (ended != running_.end()) is_full_ = false;
  running_.erase(ended, running_.end());
}

void DecodeLoop::finish(Job& job) {
  if (!job.has_ended()) job.sequence.mark_cancelled();
  TokenEvent rest = job.sequence.finish();
  if (!rest.text.empty()) job.generation->push(std::move(rest));
  if (job.id >= 0) cache_->release(job.id, job.sequence.tokens(), job.sequence.n_evaluated());
  if (job.logits) {
    job.logits->set_exception(std::make_exception_ptr(Unavailable("the engine is closed")));
  }
  job.usage.completion_tokens = job.sequence.n_completion();
  {
    std::lock_guard<std::mutex> lock(mutex_);
    ++stats_.requests;
    stats_.prompt_tokens += static_cast<std::uint64_t>(job.usage.prompt_tokens);
    stats_.cached_tokens += static_cast<std::uint64_t>(job.usage.cached_tokens);
    stats_.completion_tokens += static_cast<std::uint64_t>(job.usage.completion_tokens);
    stats_.last_match_end = job.match_end;
  }
  if (job.failure) {
    job.generation->fail(job.failure);
  } else {
    job.generation->finish(job.sequence.finish_reason().value_or(FinishReason::kStop), job.usage);
  }
}

void DecodeLoop::fail_all(std::exception_ptr error) {
  for (JobPointer& job : running_) job->generation->fail(error);
  running_.clear();
  is_full_ = false;
  for (SequenceId id = 0; id < settings_.n_sequences(); ++id) decoder_.drop(id);
  cache_ = make_cache(decoder_, settings_);  // the old one's books may be wrong
  note_state();
}

void DecodeLoop::serve_logits(Job& job) {
  cache_->clear();
  const std::optional<Lease> lease = cache_->acquire(job.sequence.tokens());
  const int n_vocab = vocabulary_.n_vocab();
  const auto n_tokens = static_cast<int>(job.sequence.tokens().size());
  try {
    std::vector<float> out;
    out.reserve(static_cast<std::size_t>(n_tokens) * static_cast<std::size_t>(n_vocab));
    for (int first = 0; first < n_tokens; first += decoder_.n_batch()) {
      const int n = std::min(decoder_.n_batch(), n_tokens - first);
      const BatchPart part{lease->id, &job.sequence.tokens(), first, n, true};
      if (decoder_.decode({part}, nullptr) != DecodeResult::kOk)
        throw DecodeError("no room for a batch of logits");
      for (int i = 0; i < n; ++i) out.insert(out.end(), decoder_.logits(i), decoder_.logits(i) + n_vocab);
    }
    job.logits->set_value(std::move(out));
  } catch (...) {
    job.logits->set_exception(std::current_exception());
  }
  job.generation->finish(FinishReason::kStop, {});
  decoder_.drop(lease->id);
  cache_->release(lease->id, {}, 0);
}

}  // namespace electron_local
