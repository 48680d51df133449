// A machine in virtual time: cores, neighbours, and a model whose steps wait for their slowest thread.
#pragma once

#include <algorithm>
#include <cmath>
#include <optional>

#include "llm/threads/step_threads.h"

namespace electron_local_test {

class SimulatedMachine final : public electron_local::Machine {
 public:
  explicit SimulatedMachine(int n_cores) : n_cores_(n_cores) {}

  double busy = 0;              // cores taken by neighbours
  double resting_busy = 0;      // likewise, but only while the model does nothing
  double niced = 0;             // taken by neighbours of low priority
  bool niced_yield = true;      // as they should
  bool tells_load = true;       // false: no /proc/stat
  double serial_share = 0.3;    // of a step, which more threads do not quicken
  double one_thread_s = 0.010;  // a step of one token on one thread

  int n_cores() override { return n_cores_; }
  int n_cpus() override { return n_cores_; }
  double now() override { return now_; }
  double thread_cpu() override { return own_cpu_; }
  std::optional<electron_local::CpuTimes> cpu_times() override {
    if (!tells_load) return std::nullopt;
    return electron_local::CpuTimes{machine_busy_, machine_niced_};
  }

  std::optional<int> n_rivals() override {
    if (!tells_load) return std::nullopt;
    return static_cast<int>(std::ceil(busy) + std::ceil(niced));
  }

  double step_seconds(int n_threads, int depth = 0) const {
    const double rivals = busy + (niced_yield ? 0 : niced);
    const double alone =
        one_thread_s * (1 + depth / 1000.0) * (serial_share + (1 - serial_share) / n_threads);
    const double missing = std::clamp(n_threads + rivals - n_cores_, 0.0, static_cast<double>(n_threads));
    // One thread shares its core; several wait for a time slice at every barrier.
    return n_threads == 1 ? alone * (1 + missing) : alone * (1 + 4 * missing);
  }

  void run_step(int n_threads, int depth = 0) {
    const double seconds = step_seconds(n_threads, depth);
    const double free = std::max(1.0, n_cores_ - busy);
    const double share = std::min(1.0, free / n_threads);  // of its time that each thread runs
    own_cpu_ += seconds * share;
    machine_busy_ += n_threads * seconds * share;
    pass(seconds, busy);
  }

  // Time in which only the neighbours run.
  void rest(double seconds) { pass(seconds, busy + resting_busy); }

 private:
  void pass(double seconds, double neighbours) {
    now_ += seconds;
    machine_busy_ += neighbours * seconds;
    machine_niced_ += niced * seconds;
  }

  const int n_cores_;
  double now_ = 100;
  double own_cpu_ = 1;
  double machine_busy_ = 0;
  double machine_niced_ = 0;
};

}  // namespace electron_local_test
