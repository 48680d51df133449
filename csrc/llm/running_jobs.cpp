#include "llm/running_jobs.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "base/error.h"
#include "llm/cache/naive_cache.h"
#include "llm/cache/prefix_tree.h"
#include "llm/questions.h"

namespace electron_local {
namespace {

// A shared prefix shorter than this is computed again rather than waited for, and so is a shorter end of one
// that is written token by token.
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

RunningJobs::RunningJobs(RequestQueue& queue, BatchDecoder& decoder, const Settings& settings,
                         Snapshots* snapshots)
    : queue_(queue),
      decoder_(decoder),
      settings_(settings),
      cache_(make_cache(decoder, settings)),
      upkeep_(decoder, snapshots) {}

CacheStats RunningJobs::stats() const {
  CacheStats stats = cache_->stats();
  stats.snapshots = upkeep_.n_snapshots();
  return stats;
}

RunningJobs::JobPointer RunningJobs::admit(std::uint64_t step) {
  upkeep_.adopt_into(*cache_);
  const auto n_places = static_cast<std::size_t>(settings_.n_parallel);
  while (JobPointer job =
             queue_.take([&](const Job& waiting) { return jobs_.size() < n_places && may_start(waiting); })) {
    if (job->is_given_up() || job->logits) return job;
    if (!start(job, step)) break;
  }
  return nullptr;
}

bool RunningJobs::may_start(const Job& job) {
  if (job.logits) return jobs_.empty();
  if (job.is_waiting()) return false;
  if (is_full_ && !jobs_.empty()) return false;
  const bool has_predecessor =
      !job.conversation.empty() && std::any_of(jobs_.begin(), jobs_.end(), [&](const JobPointer& other) {
        return other->conversation == job.conversation;
      });
  if (has_predecessor || upkeep_.must_wait(job, *cache_)) return false;
  if (!cache_->can_share()) return true;
  const std::vector<Token>& tokens = job.sequence.tokens();
  int n_known = -1;
  for (const JobPointer& other : jobs_) {
    const int n_common = common_prefix_length(tokens, other->sequence.tokens());
    if (n_common < kMinSharedTokens || other->sequence.n_evaluated() >= n_common) continue;
    if (n_known < 0) n_known = cache_->match_length(tokens);
    if (n_common - n_known >= (other->is_prefilling() ? 1 : kMinSharedTokens)) return false;
  }
  return true;
}

bool RunningJobs::start(JobPointer& job, std::uint64_t step) {
  upkeep_.before_start(*job, *cache_);
  const std::vector<Token>& prompt = job->sequence.tokens();
  std::optional<Lease> lease = job->generates
                                   ? cache_->acquire(prompt)
                                   : cache_->acquire_up_to(prompt, static_cast<int>(prompt.size()));
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
    job->generation->note(job->usage);
  }
  job->last_step = step;
  jobs_.push_back(std::move(job));
  return true;
}

bool RunningJobs::make_room(std::vector<Work>& plan) {
  const auto n_planned = [&] {
    int n = 0;
    for (const Work& work : plan) n += work.n;
    return n;
  };
  while (!plan.empty() && !cache_->reserve(n_planned())) {
    if (!jobs_[static_cast<std::size_t>(plan.back().index)]->is_prefilling()) {
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

void RunningJobs::put_back_last() {
  if (jobs_.size() < 2)
    throw DecodeError("the cache of " + std::to_string(decoder_.n_cells()) + " cells is full");
  auto victim = jobs_.begin();
  for (auto job = jobs_.begin(); job != jobs_.end(); ++job) {
    if ((*job)->priority <= (*victim)->priority) victim = job;
  }
  put_back(victim);
  is_full_ = true;  // nothing new starts before something has ended
}

void RunningJobs::put_back(std::vector<JobPointer>::iterator place) {
  JobPointer job = std::move(*place);
  jobs_.erase(place);
  job->generation->hand_over(/*is_urgent=*/true);
  cache_->release(job->id, job->sequence.tokens(), job->sequence.n_evaluated());
  job->id = -1;
  queue_.put_back(std::move(job));
}

void RunningJobs::queue_questions() {
  for (std::size_t i = jobs_.size(); i-- > 0;) {
    if (!jobs_[i]->is_asking()) continue;
    std::vector<JobPointer> questions = make_questions(*jobs_[i]);
    put_back(jobs_.begin() + static_cast<std::ptrdiff_t>(i));
    for (JobPointer& question : questions) queue_.put_back(std::move(question));
  }
}

std::vector<RunningJobs::JobPointer> RunningJobs::take_ended() {
  const auto goes_on = [](const JobPointer& job) { return !job->has_ended() && !job->is_given_up(); };
  std::vector<JobPointer> out;
  if (std::all_of(jobs_.begin(), jobs_.end(), goes_on)) return out;
  const auto ended = std::stable_partition(jobs_.begin(), jobs_.end(), goes_on);
  out.assign(std::make_move_iterator(ended), std::make_move_iterator(jobs_.end()));
  jobs_.erase(ended, jobs_.end());
  is_full_ = false;
  return out;
}

void RunningJobs::release(const Job& job) {
  upkeep_.before_release(job);
  cache_->release(job.id, job.sequence.tokens(), job.sequence.n_evaluated());
  upkeep_.after_release(job, *cache_);
}

std::vector<RunningJobs::JobPointer> RunningJobs::reset() {
  std::vector<JobPointer> out = std::exchange(jobs_, {});
  is_full_ = false;
  for (SequenceId id = 0; id < settings_.n_sequences(); ++id) decoder_.drop(id);
  cache_ = make_cache(decoder_, settings_);  // the old one's books may be wrong
  return out;
}

}  // namespace electron_local
