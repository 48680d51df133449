#include "llm/threads/thread_controller.h"

#include <algorithm>
#include <cmath>

namespace electron_local {
namespace {

constexpr double kLevelsPerCore = 2.0;
constexpr double kLevelHysteresis = 0.7;  // levels to move before another one holds; half a level would flap
constexpr double kHopelessRatio = 1.5;    // one such step ends a trial
constexpr double kHopelessStep_s = 0.02;  // and not shorter than this: a hiccup
constexpr double kGain = 0.95;            // a trial must be so much quicker
constexpr double kPartOfACore = 0.35;     // missing, and a thread still gets the core
constexpr double kAlarmRatio = 1.6;
constexpr std::size_t kAlarmSteps = 3;
constexpr double kAlarm_s = 0.01;  // so long, too: a hiccup of the machine takes several short steps
constexpr double kAlarmPause_s = 0.25;

int level(double cores, int before) {
  const double exact = cores * kLevelsPerCore;
  return std::abs(exact - before) > kLevelHysteresis ? static_cast<int>(std::lround(exact)) : before;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

ThreadController::ThreadController(const ThreadControllerOptions& options)
    : options_(options), settled_(options.n_most) {
  enter_picture(picture_, 0);
}

ThreadController::Verdict ThreadController::first_verdict(double now) const {
  const double n_free = options_.n_cores - picture_.first / kLevelsPerCore;
  Verdict verdict;
  verdict.n_threads = std::clamp(static_cast<int>(std::floor(n_free + kPartOfACore)), 1, options_.n_most);
  verdict.interval = options_.first_check_s;
  verdict.next_check = now + verdict.interval;
  verdict.tries_more = picture_.second == 0;  // niced neighbours may not yield after all
  return verdict;
}

void ThreadController::enter_picture(const Picture& picture, double now) {
  picture_ = picture;
  const auto [entry, is_new] = verdicts_.try_emplace(picture, Verdict{});
  if (is_new) entry->second = first_verdict(now);
  settled_ = entry->second.n_threads;
  is_trying_ = false;
  slow_.clear();
  history_.clear();  // the same threads take another time now
}

void ThreadController::note_neighbours(const Neighbours& neighbours, double now) {
  const Picture picture{level(neighbours.busy, picture_.first), level(neighbours.niced, picture_.second)};
  if (picture != picture_) enter_picture(picture, now);
}

void ThreadController::begin_trial(int n_threads) {
  is_trying_ = true;
  is_alarmed_ = false;
  tried_ = n_threads;
  n_trial_steps_ = 0;
  trial_s_ = 0;
  ratios_.clear();
  history_.clear(n_threads);
}

void ThreadController::note_step(const Step& step, double now) {
  if (options_.n_most < 2) return;
  if (is_trying_) {
    note_trial_step(step, now);
    return;
  }
  const std::optional<double> ratio = history_.ratio(settled_, step);
  const bool is_alarming = is_suddenly_slow(step, ratio) && settled_ > 1 && now >= earliest_alarm_;
  history_.add(settled_, step);
  Verdict& verdict = verdicts_[picture_];
  if (is_alarming) {
    earliest_alarm_ = now + kAlarmPause_s;
    verdict.tries_more = false;
    history_.clear(settled_);  // what was usual is over
    for (const Step& slow : slow_) history_.add(settled_, slow);
    begin_trial(settled_ - 1);
    is_alarmed_ = true;
  } else if (ratio && is_due(now)) {
    const int n_threads = next_tried();
    if (n_threads != settled_) begin_trial(n_threads);
  }
}

void ThreadController::note_trial_step(const Step& step, double now) {
  ++n_trial_steps_;
  trial_s_ += step.seconds;
  const std::optional<double> ratio = history_.ratio(settled_, step);
  if (ratio) ratios_.push_back(*ratio);
  const int n_ratios = static_cast<int>(ratios_.size());
  const bool is_hopeless = ratio && *ratio > kHopelessRatio && step.seconds > kHopelessStep_s;
  const bool is_enough = n_ratios >= options_.n_trial_steps && trial_s_ >= options_.trial_s;
  const bool is_barren = n_trial_steps_ - n_ratios >= 4 * options_.n_trial_steps;
  if (is_hopeless || is_enough || is_barren) judge_trial(now);
}

bool ThreadController::is_suddenly_slow(const Step& step, std::optional<double> ratio) {
  if (ratio && *ratio > kAlarmRatio) {
    slow_.push_back(step);
  } else {
    slow_.clear();
  }
  double slow_s = 0;
  for (const Step& slow : slow_) slow_s += slow.seconds;
  return slow_.size() >= kAlarmSteps && slow_s >= kAlarm_s;
}

bool ThreadController::is_due(double now) {
  const bool is_known = options_.is_measured && picture_ == Picture{0, 0} && settled_ == options_.n_most;
  return !is_known && now >= verdicts_[picture_].next_check;
}

// Where a hyper-thread is free, there may be room for a thread although all cores are busy.
int ThreadController::n_most_tried() const {
  const double n_free = options_.n_cpus - picture_.first / kLevelsPerCore;
  return std::clamp(static_cast<int>(std::ceil(n_free)), 1, options_.n_most);
}

// One thread more or one fewer, in turn, as far as there is room; else as many as now.
int ThreadController::next_tried() {
  Verdict& verdict = verdicts_[picture_];
  const bool has_room = settled_ < n_most_tried();
  const bool more = has_room && (settled_ == 1 || verdict.tries_more);
  verdict.tries_more = !more;
  return more ? settled_ + 1 : std::max(1, settled_ - 1);
}

void ThreadController::judge_trial(double now) {
  is_trying_ = false;
  slow_.clear();
  Verdict& verdict = verdicts_[picture_];
  const bool is_better = !ratios_.empty() && median(ratios_) < kGain;
  if (is_better) {
    settled_ = verdict.n_threads = tried_;
    verdict.interval = options_.first_check_s;
  } else {
    verdict.interval = std::min(2 * verdict.interval, options_.longest_check_s);
  }
  // What gave an alarm has passed by then, or the machine's load shows it.
  verdict.next_check = now + (is_better && is_alarmed_ ? kAlarmPause_s : verdict.interval);
}

}  // namespace electron_local
