// Watches the machine and the steps of one decoder, and says how many threads each step gets.
#pragma once

#include <optional>

#include "base/cpu_load.h"
#include "llm/threads/thread_controller.h"

namespace electron_local {

// What StepThreads sees of the machine; faked in tests. Called by the decode thread alone.
class Machine {
 public:
  virtual ~Machine() = default;
  virtual int n_cores() = 0;                        // physical ones that this process may run on
  virtual int n_cpus() = 0;                         // likewise, hyper-threads each
  virtual double now() = 0;                         // seconds, monotonic
  virtual double thread_cpu() = 0;                  // processor seconds of this thread
  virtual std::optional<CpuTimes> cpu_times() = 0;  // of the whole machine; absent where it cannot be read
  virtual std::optional<int> n_rivals() = 0;        // other threads that want a core now; absent likewise
};

// The one that this process runs on.
Machine& this_machine();

struct StepThreadsOptions {
  int n_threads = 1;         // of a decode step, at most
  int n_threads_batch = 1;   // of a prefill step, at most
  bool is_adaptive = false;  // false: exactly so many, always
  bool is_measured = false;  // n_threads is known to be the quickest number alone
};

// Neighbours are what the machine's load shows. While steps follow each other that is what runs beside them;
// the load of a pause says less, because who worked then may be waiting now (the recogniser, whose words are
// to be answered). So a run of steps begins with no more neighbours than there are threads that want a core
// at that moment. Used by the decode thread alone. `machine` must outlive it.
class StepThreads {
 public:
  explicit StepThreads(const StepThreadsOptions& options, Machine& machine = this_machine());

  // The number of threads for a step of `n_tokens` that begins now.
  int begin(int n_tokens);

  // That step, behind `depth` tokens, has ended. Not called for one that failed or was aborted.
  void end(int n_tokens, int depth);

 private:
  // What neighbours took, in CPU seconds, of so many seconds.
  struct Load {
    double busy = 0;
    double niced = 0;
    double elapsed = 0;
  };

  ThreadController& controller(int n_tokens);
  void begin_run();
  void look_around();
  Load take_window();
  void measured(const Load& load);
  void note_neighbours(std::optional<int> n_most);

  const StepThreadsOptions options_;
  Machine& machine_;
  ThreadController decode_;
  ThreadController prefill_;
  int n_running_ = 1;  // threads of the step in progress
  double began_ = 0;
  double began_cpu_ = 0;
  double ended_ = 0;  // the step before
  // The window: since the last look at the machine.
  std::optional<CpuTimes> cpu_times_;
  double opened_ = 0;
  double opened_cpu_ = 0;
  double workers_cpu_ = 0;  // of the other threads of all steps
  Load unmeasured_;         // of windows too short to tell
  Neighbours neighbours_;   // as last measured
};

}  // namespace electron_local
