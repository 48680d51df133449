// Watches the machine and the steps of one decoder, and says how many threads each step gets.
#pragma once

#include <optional>

#include "base/cpu_load.h"
#include "llm/threads/thread_controller.h"

namespace electron_local {

// What StepThreads sees of the machine; faked in tests. Called by the decode thread alone.
class MachineClock {
 public:
  virtual ~MachineClock() = default;
  virtual double now() = 0;                         // seconds, monotonic
  virtual double thread_cpu() = 0;                  // processor seconds of this thread
  virtual std::optional<CpuTimes> cpu_times() = 0;  // of the whole machine; absent where it cannot be read
};

// The machine's own.
MachineClock& machine_clock();

struct StepThreadsOptions {
  int n_threads = 1;         // of a decode step, at most
  int n_threads_batch = 1;   // of a prefill step, at most
  bool is_adaptive = false;  // false: exactly so many, always
};

// Used by the decode thread alone. `clock` must outlive it.
class StepThreads {
 public:
  explicit StepThreads(const StepThreadsOptions& options, MachineClock& clock = machine_clock());

  // The number of threads for a step of `n_tokens` that begins now.
  int begin(int n_tokens);

  // That step, behind `depth` tokens, has ended. Not called for one that failed or was aborted.
  void end(int n_tokens, int depth);

 private:
  ThreadController& controller(int n_tokens);
  void observe_neighbours(double now);

  const StepThreadsOptions options_;
  MachineClock& clock_;
  ThreadController decode_;
  ThreadController prefill_;
  int n_running_ = 1;  // threads of the step in progress
  double began_ = 0;
  double began_cpu_ = 0;
  double workers_cpu_ = 0;  // of the other threads of all steps, since the last observation
  double observed_ = 0;
  double observed_cpu_ = 0;
  std::optional<CpuTimes> machine_;
};

}  // namespace electron_local
