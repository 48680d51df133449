#include "base/cpu_load.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

#include "base/open_file.h"

#ifdef __linux__
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>
#endif

namespace electron_local {

#ifdef __linux__
namespace {

// The beginning of a file of the kernel's, which makes up the rest of it only when that is read; empty: none.
// Streams would take ten times as long.
std::string beginning(const char* path, std::size_t n_bytes) {
  const OpenFile file = OpenFile::for_reading(path);
  std::string text(n_bytes, '\0');
  const ssize_t n_read = file.is_open() ? read(file.fd(), text.data(), n_bytes) : 0;
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(0, n_read)));
  return text;
}

// Skips a word, and reads the numbers behind it.
template <std::size_t N>
bool numbers_behind_word(const char* line, const char* end, std::array<double, N>& numbers) {
  const char* at = std::find(line, end, ' ');
  for (double& number : numbers) {
    while (at != end && *at == ' ') ++at;
    const char* first = at;
    for (number = 0; at != end && *at >= '0' && *at <= '9'; ++at) number = 10 * number + (*at - '0');
    if (at == first) return false;
  }
  return true;
}

}  // namespace
#endif

std::optional<CpuTimes> cpu_times() {
#ifdef __linux__
  constexpr std::size_t kBytesPerCpu = 128;
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return std::nullopt;
  std::size_t n_lines = 1;  // asking the system how many CPUs there are takes longer than all the rest
  for (std::size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &allowed)) n_lines = cpu + 2;
  }
  const std::string text = beginning("/proc/stat", kBytesPerCpu * n_lines);
  const double tick = 1.0 / static_cast<double>(sysconf(_SC_CLK_TCK));
  const bool is_niced = getpriority(PRIO_PROCESS, 0) > 0;  // then the niced ones are no lower than this one
  CpuTimes out;
  bool found = false;
  const char* const end = text.data() + text.size();
  // The first line sums all CPUs; those after it hold one each.
  for (const char* line = text.data(); end - line > 3 && std::equal(line, line + 3, "cpu");) {
    const char* const line_end = std::find(line, end, '\n');
    std::array<double, 8>
        times{};  // user, nice, system, idle, waiting for devices, two of interrupts, stolen
    const bool is_one = line[3] >= '0' && line[3] <= '9';
    const int cpu = is_one ? std::atoi(line + 3) : -1;
    if (line_end != end && is_one && cpu < CPU_SETSIZE && CPU_ISSET(cpu, &allowed) &&
        numbers_behind_word(line, line_end, times)) {
      const auto [user, nice, system, idle, waiting, irq, soft_irq, stolen] = times;
      found = true;
      out.busy += tick * (user + system + irq + soft_irq + stolen + (is_niced ? nice : 0));
      out.niced += is_niced ? 0 : tick * nice;
    }
    line = line_end == end ? end : line_end + 1;
  }
  if (found) return out;
#endif
  return std::nullopt;
}

std::optional<int> n_other_runnable_threads() {
#ifdef __linux__
  const std::string text = beginning("/proc/loadavg", 64);  // three averages, then runnable/all
  int n_runnable = 0;
  if (std::sscanf(text.c_str(), "%*f %*f %*f %d/", &n_runnable) == 1) return std::max(0, n_runnable - 1);
#endif
  return std::nullopt;
}

double thread_cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

}  // namespace electron_local
