#include "llm/threads/step_threads.h"

#include <algorithm>
#include <chrono>

namespace electron_local {
namespace {

// The system counts in ticks of 10 ms: shorter, and a neighbour cannot be told from chance.
constexpr double kObserveEvery_s = 0.15;

// A larger batch reads a prompt: its steps are long, and gain more of a second thread.
constexpr int kMostDecodeTokens = 16;

class RealClock final : public MachineClock {
 public:
  double now() override {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
  }
  double thread_cpu() override { return thread_cpu_seconds(); }
  std::optional<CpuTimes> cpu_times() override { return electron_local::cpu_times(); }
};

ThreadControllerOptions of_decode(const StepThreadsOptions& options) {
  ThreadControllerOptions out;
  out.n_most = options.is_adaptive ? options.n_threads : 1;
  return out;
}

ThreadControllerOptions of_prefill(const StepThreadsOptions& options) {
  ThreadControllerOptions out;
  out.n_most = options.is_adaptive ? options.n_threads_batch : 1;
  out.n_trial_steps = 1;
  out.first_check_s = 4;
  return out;
}

}  // namespace

MachineClock& machine_clock() {
  static RealClock clock;
  return clock;
}

StepThreads::StepThreads(const StepThreadsOptions& options, MachineClock& clock)
    : options_(options), clock_(clock), decode_(of_decode(options)), prefill_(of_prefill(options)) {}

ThreadController& StepThreads::controller(int n_tokens) {
  return n_tokens <= kMostDecodeTokens ? decode_ : prefill_;
}

int StepThreads::begin(int n_tokens) {
  if (!options_.is_adaptive) return n_tokens <= 1 ? options_.n_threads : options_.n_threads_batch;
  began_ = clock_.now();
  began_cpu_ = clock_.thread_cpu();
  if (!machine_ || began_ - observed_ >= kObserveEvery_s) observe_neighbours(began_);
  n_running_ = controller(n_tokens).n_threads();
  return n_running_;
}

void StepThreads::end(int n_tokens, int depth) {
  if (!options_.is_adaptive) return;
  const double now = clock_.now();
  // The other threads of a step run as long as this one: what it waits, they wait.
  workers_cpu_ += (n_running_ - 1) * (clock_.thread_cpu() - began_cpu_);
  controller(n_tokens).note_step({now - began_, n_tokens, depth}, now);
}

void StepThreads::observe_neighbours(double now) {
  const std::optional<CpuTimes> machine = clock_.cpu_times();
  if (machine && machine_ && now > observed_) {
    const double elapsed = now - observed_;
    const double own = workers_cpu_ + (began_cpu_ - observed_cpu_);
    Neighbours neighbours;
    neighbours.busy = std::max(0.0, machine->busy - machine_->busy - own) / elapsed;
    neighbours.niced = std::max(0.0, machine->niced - machine_->niced) / elapsed;
    decode_.note_neighbours(neighbours, now);
    prefill_.note_neighbours(neighbours, now);
  }
  machine_ = machine;
  observed_ = now;
  observed_cpu_ = began_cpu_;
  workers_cpu_ = 0;
}

}  // namespace electron_local
