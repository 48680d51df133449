// How busy the processors are, and how long this thread has run.
#pragma once

#include <optional>

namespace electron_local {

// Seconds since boot, summed over the CPUs that this process may run on.
struct CpuTimes {
  double busy = 0;   // by processes of normal or raised priority, the kernel and other virtual machines
  double niced = 0;  // by processes of lower priority than this one
};

// Absent where the system does not tell (no readable /proc/stat). Costs some 35 microseconds.
std::optional<CpuTimes> cpu_times();

// Threads of the whole system that want a processor at this moment, the caller not counted. Absent where the
// system does not tell (no readable /proc/loadavg). Costs some 15 microseconds.
std::optional<int> n_other_runnable_threads();

// Processor seconds of the calling thread.
double thread_cpu_seconds();

}  // namespace electron_local
