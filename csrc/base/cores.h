// How many cores this process may use.
#pragma once

#include <optional>
#include <string>

namespace electron_local {

// Physical cores among the CPUs that this process is allowed to run on (hyper-threads count once); at
// least 1.
int n_allowed_cores();

// CPUs that this process is allowed to run on, hyper-threads each; at least 1.
int n_allowed_cpus();

// As many of the allowed cores as the control groups leave time for; at least 1.
int n_physical_cores();

// CPUs' worth of time that the control groups (a container's `--cpus`) let this process use: 1.5 is one and a
// half. Absent without a limit. The roots are for tests.
std::optional<double> cpu_quota(const std::string& proc = "/proc",
                                const std::string& cgroups = "/sys/fs/cgroup");

}  // namespace electron_local
