#include "base/cpu_load.h"

#include <algorithm>
#include <ctime>
#include <fstream>
#include <sstream>
#include <string>

#ifdef __linux__
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>
#endif

namespace electron_local {

std::optional<CpuTimes> cpu_times() {
#ifdef __linux__
  cpu_set_t allowed;
  std::ifstream file("/proc/stat");
  if (!file || sched_getaffinity(0, sizeof allowed, &allowed) != 0) return std::nullopt;
  const double tick = 1.0 / static_cast<double>(sysconf(_SC_CLK_TCK));
  const bool is_niced = getpriority(PRIO_PROCESS, 0) > 0;  // then the niced ones are no lower than this one
  CpuTimes out;
  bool found = false;
  std::string line;
  // The first line sums all CPUs; those after it hold one each; what follows is of no interest and may be
  // long.
  for (std::getline(file, line); std::getline(file, line) && line.compare(0, 3, "cpu") == 0;) {
    std::istringstream fields(line.substr(3));
    int cpu = 0;
    double user = 0, nice = 0, system = 0, idle = 0, io_wait = 0, irq = 0, soft_irq = 0, steal = 0;
    fields >> cpu >> user >> nice >> system >> idle >> io_wait >> irq >> soft_irq >> steal;
    if (!fields || cpu < 0 || cpu >= CPU_SETSIZE || !CPU_ISSET(cpu, &allowed)) continue;
    found = true;
    out.busy += tick * (user + system + irq + soft_irq + steal + (is_niced ? nice : 0));
    out.niced += is_niced ? 0 : tick * nice;
  }
  if (found) return out;
#endif
  return std::nullopt;
}

std::optional<int> n_other_runnable_threads() {
  std::ifstream file("/proc/loadavg");
  double one_minute = 0, five_minutes = 0, fifteen_minutes = 0;
  int n_runnable = 0;
  if (!(file >> one_minute >> five_minutes >> fifteen_minutes >> n_runnable)) return std::nullopt;
  return std::max(0, n_runnable - 1);
}

double thread_cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

}  // namespace electron_local
