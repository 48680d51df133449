// The control groups (cgroups) that this process is in, whose limits it shares: containers, services.
#pragma once

#include <functional>
#include <string>

namespace electron_local {

enum class GroupVersion { k1, k2 };

// Calls `visit` with the folder of every group of `controller` ("memory", "cpu") that limits this process:
// its own and all above it, to the root. Folders that do not exist are among them. The roots are for tests.
void visit_control_groups(const std::string& controller,
                          const std::function<void(const std::string& folder, GroupVersion)>& visit,
                          const std::string& proc = "/proc", const std::string& cgroups = "/sys/fs/cgroup");

}  // namespace electron_local
