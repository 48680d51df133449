#include "llm/decode_loop.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

#include "base/error.h"
#include "llm/deadline.h"
#include "llm/sampling_step.h"
#include "llm/whole_logits.h"

namespace electron_local {
namespace {

constexpr double kShortStep_s = 0.001;  // the next tokens come so soon that a reader may wait for them

double seconds_since(Job::Clock::time_point begin) {
  return std::chrono::duration<double>(Job::Clock::now() - begin).count();
}

}  // namespace

DecodeLoop::DecodeLoop(const Vocabulary& vocabulary, BatchDecoder& decoder, RequestQueue& queue,
                       const Settings& settings, Snapshots* snapshots)
    : vocabulary_(vocabulary),
      decoder_(decoder),
      queue_(queue),
      running_(queue, decoder, settings, snapshots),
      drafting_(decoder.can_trim() ? settings.speculation : Speculation::kOff) {
  note_state();
}

void DecodeLoop::run() {
  while (!queue_.closed()) {
    if (running_.empty() && queue_.size() == 0) tidy();
    if (running_.empty() && !queue_.wait_for_job()) break;
    try {
      step();
    } catch (...) {
      fail_all(std::current_exception());
    }
  }
  try {
    for (const JobPointer& job : running_.all()) job->generation->cancel();
    finish_ended();
    while (JobPointer job = queue_.take([](const Job&) { return true; })) {
      job->generation->cancel();
      finish(*job);
    }
  } catch (...) {
    fail_all(std::current_exception());
  }
}

void DecodeLoop::tidy() {
  try {
    running_.tidy();
    note_state();
  } catch (...) {
    fail_all(std::current_exception());
  }
}

void DecodeLoop::note_state() {
  const CacheStats cache = running_.stats();
  std::lock_guard<std::mutex> lock(mutex_);
  stats_.n_running = static_cast<int>(running_.size());
  stats_.drafted_tokens = n_drafted_;
  stats_.accepted_tokens = n_accepted_;
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
  if (running_.empty()) {
    running_.wait_for_snapshots();
  } else {
    running_.tidy();
  }
  plan_step();
  if (running_.make_room(plan_) && !plan_.empty()) {
    run_batch();
    finish_ended();
    running_.queue_questions();
  }
  note_state();
}

void DecodeLoop::admit() {
  while (const JobPointer job = running_.admit(n_steps_)) {
    if (job->logits && !job->is_given_up()) {
      serve_logits(*job, decoder_, running_.cache(), vocabulary_.n_vocab());
    } else {
      finish(*job);
    }
  }
}

void DecodeLoop::plan_step() {
  runnables_.clear();
  for (std::size_t i = 0; i < running_.size(); ++i) {
    Job& job = running_[static_cast<int>(i)];
    job.guesses.clear();
    // What does not fit into one batch goes in chunks, as a prompt does.
    const bool in_chunks = job.is_prefilling() || job.sequence.n_pending() > decoder_.n_batch();
    runnables_.push_back(
        {static_cast<int>(i), job.sequence.n_pending(), in_chunks, job.priority, job.last_step});
  }
  PlanLimits limits;
  limits.n_batch = decoder_.n_batch();
  limits.n_prefill = decoder_.n_prefill(running_.cache().stats().cells_used);
  plan_ = plan_batch(runnables_, limits);
}

bool DecodeLoop::decodes_only() const {
  return std::none_of(running_.all().begin(), running_.all().end(),
                      [](const JobPointer& job) { return job->is_prefilling(); });
}

// Guesses behind the planned tokens, of every sequence. False: none.
bool DecodeLoop::add_guesses() {
  PlannedStep step;
  for (const Work& work : plan_) step.n_tokens += work.n;
  step.n_sequences = static_cast<int>(plan_.size());
  const int n_planned = step.n_tokens;
  for (const Work& work : plan_) {
    Job& job = running_[work.index];
    if (!job.speculator || work.n != job.sequence.n_pending()) continue;
    const auto n_tokens = static_cast<int>(job.sequence.tokens().size());
    // The last token of an answer is never evaluated, so that as many less one may be guessed.
    const int n_most = std::min(
        {decoder_.n_batch() - step.n_tokens, decoder_.n_ctx() - n_tokens, job.sequence.n_left() - 1});
    job.guesses = drafting_.draft(*job.speculator, job.sequence.tokens(), step, n_most);
    const auto end = std::find_if(job.guesses.begin(), job.guesses.end(),
                                  [&](Token token) { return vocabulary_.is_end_of_generation(token); });
    job.guesses.erase(end, job.guesses.end());
    step.n_tokens += static_cast<int>(job.guesses.size());
  }
  if (step.n_tokens == n_planned) return false;
  if (running_.cache().reserve(step.n_tokens)) return true;
  for (const Work& work : plan_) running_[work.index].guesses.clear();
  return false;
}

void DecodeLoop::run_batch() {
  const bool decodes_only = this->decodes_only();
  if (!decodes_only) {  // the next tokens take their time
    for (const JobPointer& job : running_.all()) job->generation->hand_over(/*is_urgent=*/true);
  }
  const bool guesses = decodes_only && drafting_.is_on() && add_guesses();
  parts_.clear();
  prefilling_.clear();
  int n_tokens = 0;
  for (const Work& work : plan_) {
    Job& job = running_[work.index];
    job.last_step = n_steps_;
    parts_.push_back(
        {job.id, &job.sequence.tokens(), job.sequence.n_evaluated(), work.n, false, &job.guesses});
    n_tokens += parts_.back().n_total();
    if (job.is_prefilling()) prefilling_.push_back(&job);
  }
  {
    std::lock_guard<std::mutex> lock(mutex_);
    ++stats_.batches;
  }
  const auto begin = Job::Clock::now();
  const DecodeResult result = decoder_.decode(parts_, [this] { return should_abort(); });
  if (result == DecodeResult::kNoRoom) {
    if (guesses) {
      drafting_.turn_off();  // more cells are in use than the books say
    } else {
      running_.put_back_last();
    }
    return;
  }
  const double seconds = seconds_since(begin);
  if (result == DecodeResult::kOk && decodes_only) drafting_.note_step(n_tokens, seconds);
  int row = -1;
  for (const Work& work : plan_) {
    Job& job = running_[work.index];
    row += work.n;
    advance(job, work, row, result == DecodeResult::kOk);
    job.generation->hand_over(seconds > kShortStep_s);
    row += static_cast<int>(job.guesses.size());
  }
}

// Asked at every node of a step's graph. A prompt can be read on later; what the others of the batch lose is
// one token's time. A decode step ends early only where nobody waits for its token.
bool DecodeLoop::should_abort() {
  const auto is_cancelled = [this](const Work& work) { return running_[work.index].generation->cancelled(); };
  return queue_.closed() || std::all_of(plan_.begin(), plan_.end(), is_cancelled) ||
         std::any_of(prefilling_.begin(), prefilling_.end(),
                     [](const Job* job) { return job->is_given_up(); });
}

// After the batch: what memory holds of the job, and its next tokens. `row` has the logits of its last
// planned token.
void DecodeLoop::advance(Job& job, const Work& work, int row, bool is_evaluated) {
  if (!is_evaluated) {
    settle(job);
  } else {
    job.sequence.mark_evaluated(work.n);
    if (job.generates && job.sequence.n_pending() == 0) {
      const int n_right = sample_guessed(job, decoder_, row, vocabulary_);
      const auto n_guesses = static_cast<int>(job.guesses.size());
      if (n_guesses > 0) job.speculator->learn(n_guesses, n_right);
      n_drafted_ += static_cast<std::uint64_t>(n_guesses);
      n_accepted_ += static_cast<std::uint64_t>(n_right);
      if (n_right < n_guesses) give_back_guesses(job);
    }
  }
  running_.cache().publish(job.id, job.sequence.tokens(), job.sequence.n_evaluated());
}

void DecodeLoop::give_back_guesses(Job& job) {
  const int n_kept = decoder_.trim(job.id, job.sequence.n_evaluated());
  if (n_kept == job.sequence.n_evaluated()) return;
  job.sequence.set_evaluated(n_kept);
  drafting_.turn_off();
}

// After an aborted batch: what memory kept counts, guesses aside; logits are lost, so the last token is
// evaluated again.
void DecodeLoop::settle(Job& job) {
  int n_kept = decoder_.n_in_memory(job.id);
  const int n_tokens = static_cast<int>(job.sequence.tokens().size());
  if (n_kept >= n_tokens) n_kept = decoder_.trim(job.id, n_tokens - 1);
  job.sequence.set_evaluated(n_kept);
}

void DecodeLoop::finish_ended() {
  std::vector<JobPointer> ended = running_.take_ended();
  for (auto job = ended.begin(); job != ended.end(); ++job) {
    try {
      finish(**job);
    } catch (...) {
      for (; job != ended.end(); ++job) (*job)->generation->fail(std::current_exception());
      throw;
    }
  }
}

void DecodeLoop::finish(Job& job) {
  if (!job.has_ended()) {
    if (!job.generation->cancelled()) job.failure = deadline_error(job);
    job.sequence.mark_cancelled();
  }
  TokenEvent rest = job.sequence.finish();
  if (!rest.text.empty()) job.generation->push(std::move(rest));
  if (job.id >= 0) running_.release(job);
  if (job.logits) {
    job.logits->set_exception(std::make_exception_ptr(Unavailable("the engine is closed")));
  }
  job.usage.completion_tokens = job.sequence.n_completion();
  count(job);
  note_state();  // before the reader is told
  if (job.failure) {
    job.generation->fail(job.failure, job.usage);
  } else {
    job.generation->finish(job.sequence.finish_reason().value_or(FinishReason::kStop), job.usage);
  }
}

void DecodeLoop::count(const Job& job) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (job.is_question) {
    ++stats_.questions;
    return;
  }
  ++stats_.requests;
  stats_.prompt_tokens += static_cast<std::uint64_t>(job.usage.prompt_tokens);
  stats_.cached_tokens += static_cast<std::uint64_t>(job.usage.cached_tokens);
  stats_.completion_tokens += static_cast<std::uint64_t>(job.usage.completion_tokens);
  stats_.last_match_end = job.match_end;
  stats_.last_match_tokens = job.usage.cached_tokens;
  stats_.last_prompt_tokens = job.usage.prompt_tokens;
}

void DecodeLoop::fail_all(std::exception_ptr error) {
  for (const JobPointer& job : running_.reset()) job->generation->fail(error);
  note_state();
}

}  // namespace electron_local
