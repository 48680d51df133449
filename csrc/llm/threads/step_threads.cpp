#include "llm/threads/step_threads.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/cores.h"

namespace electron_local {
namespace {

// The system counts in ticks of 10 ms: shorter, and a neighbour cannot be told from chance.
constexpr double kObserveEvery_s = 0.15;

// So little work of others takes no core from a thread; half a level of the controller's.
constexpr double kIdle = 0.25;

// Steps with a longer pause between them belong to different runs.
constexpr double kRunEnds_s = 0.005;

// What a thread that has just handed a request over needs to fall asleep.
constexpr double kFallingAsleep_s = 0.0001;

// A larger batch reads a prompt: its steps are long, and gain more of a second thread.
constexpr int kMostDecodeTokens = 16;

class RealMachine final : public Machine {
 public:
  int n_cores() override { return n_allowed_cores(); }
  int n_cpus() override { return n_allowed_cpus(); }
  double now() override {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
  }
  double thread_cpu() override { return thread_cpu_seconds(); }
  std::optional<CpuTimes> cpu_times() override { return electron_local::cpu_times(); }
  std::optional<int> n_rivals() override {
    const double end = now() + kFallingAsleep_s;
    for (;;) {
      const std::optional<int> n_others = n_other_runnable_threads();
      if (!n_others || *n_others == 0 || now() >= end) return n_others;
      std::this_thread::yield();
    }
  }
};

ThreadControllerOptions of_decode(const StepThreadsOptions& options, Machine& machine) {
  ThreadControllerOptions out;
  out.n_cores = machine.n_cores();
  out.n_cpus = machine.n_cpus();
  out.n_most = options.is_adaptive ? options.n_threads : 1;
  out.is_measured = options.is_measured;
  return out;
}

ThreadControllerOptions of_prefill(const StepThreadsOptions& options, Machine& machine) {
  ThreadControllerOptions out = of_decode(options, machine);
  out.n_most = options.is_adaptive ? options.n_threads_batch : 1;
  out.n_trial_steps = 1;
  out.trial_s = 0.3;
  out.is_measured = false;
  out.first_check_s = 4;
  return out;
}

}  // namespace

Machine& this_machine() {
  static RealMachine machine;
  return machine;
}

StepThreads::StepThreads(const StepThreadsOptions& options, Machine& machine)
    : options_(options),
      machine_(machine),
      decode_(of_decode(options, machine)),
      prefill_(of_prefill(options, machine)) {}

ThreadController& StepThreads::controller(int n_tokens) {
  return n_tokens <= kMostDecodeTokens ? decode_ : prefill_;
}

int StepThreads::begin(int n_tokens) {
  if (!options_.is_adaptive) return n_tokens <= 1 ? options_.n_threads : options_.n_threads_batch;
  began_ = machine_.now();
  began_cpu_ = machine_.thread_cpu();
  if (began_ - ended_ > kRunEnds_s) {
    begin_run();
  } else if (began_ - opened_ >= kObserveEvery_s) {
    look_around();
  }
  n_running_ = controller(n_tokens).n_threads();
  return n_running_;
}

void StepThreads::end(int n_tokens, int depth) {
  if (!options_.is_adaptive) return;
  ended_ = machine_.now();
  // The other threads of a step run as long as this one: what it waits, they wait.
  workers_cpu_ += (n_running_ - 1) * (machine_.thread_cpu() - began_cpu_);
  controller(n_tokens).note_step({ended_ - began_, n_tokens, depth}, ended_);
}

void StepThreads::begin_run() {
  const Load load = take_window();
  unmeasured_.busy += load.busy;
  unmeasured_.niced += load.niced;
  unmeasured_.elapsed += load.elapsed;
  if (unmeasured_.elapsed >= kObserveEvery_s) measured(unmeasured_);
  note_neighbours(neighbours_.busy > kIdle ? machine_.n_rivals() : std::nullopt);
}

// In the middle of a run.
void StepThreads::look_around() {
  measured(take_window());
  note_neighbours(std::nullopt);
}

// Closes the window and opens the next one.
StepThreads::Load StepThreads::take_window() {
  const std::optional<CpuTimes> machine = machine_.cpu_times();
  Load load;
  if (machine && cpu_times_) {
    const double own = workers_cpu_ + (began_cpu_ - opened_cpu_);
    load.busy = std::max(0.0, machine->busy - cpu_times_->busy - own);
    load.niced = std::max(0.0, machine->niced - cpu_times_->niced);
    load.elapsed = began_ - opened_;
  }
  cpu_times_ = machine;
  opened_ = began_;
  opened_cpu_ = began_cpu_;
  workers_cpu_ = 0;
  return load;
}

void StepThreads::measured(const Load& load) {
  if (load.elapsed > 0) neighbours_ = {load.busy / load.elapsed, load.niced / load.elapsed};
  unmeasured_ = {};
}

// `n_most`: no more of them are busy now.
void StepThreads::note_neighbours(std::optional<int> n_most) {
  Neighbours now = neighbours_;
  if (n_most) now.busy = std::min(now.busy, static_cast<double>(*n_most));
  decode_.note_neighbours(now, began_);
  prefill_.note_neighbours(now, began_);
}

}  // namespace electron_local
