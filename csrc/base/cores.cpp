#include "base/cores.h"

#include <algorithm>
#include <fstream>
#include <set>
#include <string>
#include <thread>

#ifdef __linux__
#include <sched.h>
#endif

#include "base/control_groups.h"

namespace electron_local {
namespace {

std::optional<double> quota_of(const std::string& folder, GroupVersion version) {
  double quota = 0, period = 0;
  bool has_both = false;
  if (version == GroupVersion::k2) {  // "150000 100000", or "max 100000"
    std::ifstream file(folder + "/cpu.max");
    has_both = static_cast<bool>(file >> quota >> period);
  } else {
    std::ifstream quota_file(folder + "/cpu.cfs_quota_us"), period_file(folder + "/cpu.cfs_period_us");
    has_both = quota_file >> quota && period_file >> period;
  }
  return has_both && quota > 0 && period > 0 ? std::optional<double>(quota / period) : std::nullopt;
}

}  // namespace

std::optional<double> cpu_quota(const std::string& proc, const std::string& cgroups) {
  std::optional<double> least;
  visit_control_groups(
      "cpu",
      [&least](const std::string& folder, GroupVersion version) {
        const std::optional<double> quota = quota_of(folder, version);
        if (quota && (!least || *quota < *least)) least = quota;
      },
      proc, cgroups);
  return least;
}

int n_allowed_cores() {
#ifdef __linux__
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) {
    std::set<std::string> cores;
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (!CPU_ISSET(cpu, &allowed)) continue;
      std::ifstream file("/sys/devices/system/cpu/cpu" + std::to_string(cpu) +
                         "/topology/thread_siblings_list");
      std::string siblings;
      if (!std::getline(file, siblings)) siblings = std::to_string(cpu);
      cores.insert(siblings);
    }
    if (!cores.empty()) return static_cast<int>(cores.size());
  }
#endif
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

int n_allowed_cpus() {
#ifdef __linux__
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) return std::max(1, CPU_COUNT(&allowed));
#endif
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

// A thread that gets less than three quarters of a core makes the others wait for it.
int n_physical_cores() {
  const std::optional<double> quota = cpu_quota();
  const int n_cores = n_allowed_cores();
  return quota ? std::clamp(static_cast<int>(*quota + 0.25), 1, n_cores) : n_cores;
}

}  // namespace electron_local
