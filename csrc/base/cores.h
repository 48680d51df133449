// How many cores this process may use.
#pragma once

namespace electron_local {

// Physical cores among the CPUs that this process is allowed to run on (hyper-threads count once); at
// least 1.
int n_physical_cores();

// CPUs that this process is allowed to run on, hyper-threads each; at least 1.
int n_usable_cpus();

}  // namespace electron_local
