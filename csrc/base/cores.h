// How many cores this process may use.
#pragma once

#include <optional>
#include <string>

namespace electron_local {

// Physical cores among the CPUs that this process is allowed to run on (hyper-threads count once), and no
// more than its control groups let it use; at least 1.
int n_physical_cores();

// CPUs that this process is allowed to run on, hyper-threads each, likewise; at least 1.
int n_usable_cpus();

// CPUs' worth of time that the control groups (a container's `--cpus`) let this process use: 1.5 is one and a
// half. Absent without a limit. The roots are for tests.
std::optional<double> cpu_quota(const std::string& proc = "/proc",
                                const std::string& cgroups = "/sys/fs/cgroup");

}  // namespace electron_local
