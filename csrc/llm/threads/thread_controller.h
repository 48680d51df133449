// How many threads the next step gets, beside neighbours that come and go.
#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "llm/threads/step_history.h"

namespace electron_local {

// CPUs that other threads of this machine keep busy: 1.0 is one core.
struct Neighbours {
  double busy = 0;
  double niced = 0;  // of lower priority: they should yield, which the controller does not take on trust
};

struct ThreadControllerOptions {
  int n_most = 1;         // threads, one a core
  int n_cores = 1;        // of the machine
  int n_cpus = 1;         // likewise; hyper-threads count each
  int n_trial_steps = 4;  // at least, that decide whether another number of threads is quicker
  double trial_s = 0.03;  // likewise: short steps vary
  double first_check_s = 0.5;
  double longest_check_s = 60;
  bool is_measured = false;  // n_most is known to be the quickest alone
};

// A thread without a core of its own holds up all others at every barrier: two threads on one free core run
// at a third of the speed of one. So the number follows the free cores, at once when the neighbours change.
// What they leave is then measured: now and then a few steps run with one thread more or fewer, and the
// quicker number is kept and remembered for these neighbours. Each confirmation doubles the time to the next
// check. More threads than there is room for are never tried: one such step can take a second. Pure: time is
// what the caller says, in seconds. One thread.
class ThreadController {
 public:
  explicit ThreadController(const ThreadControllerOptions& options);

  // Of the next step.
  int n_threads() const { return is_trying_ ? tried_ : settled_; }

  void note_neighbours(const Neighbours& neighbours, double now);

  // A step has run with `n_threads()`.
  void note_step(const Step& step, double now);

 private:
  using Picture = std::pair<int, int>;  // busy and niced neighbours, in half cores

  struct Verdict {
    int n_threads = 1;
    double next_check = 0;
    double interval = 0;
    bool tries_more = true;  // the direction of the next check
  };

  Verdict first_verdict(double now) const;
  void enter_picture(const Picture& picture, double now);
  void begin_trial(int n_threads);
  void note_trial_step(const Step& step, double now);
  void judge_trial(double now);
  int n_most_tried() const;
  int next_tried();
  bool is_suddenly_slow(const Step& step, std::optional<double> ratio);
  bool is_due(double now);

  const ThreadControllerOptions options_;
  Picture picture_{0, 0};
  std::map<Picture, Verdict> verdicts_;
  StepHistory history_;
  int settled_;
  int tried_ = 1;
  bool is_trying_ = false;
  bool is_alarmed_ = false;     // the trial began with an alarm
  std::vector<double> ratios_;  // of the trial's steps, to those before it
  int n_trial_steps_ = 0;
  double trial_s_ = 0;
  std::vector<Step> slow_;  // steps in a row
  double earliest_alarm_ = 0;
};

}  // namespace electron_local
