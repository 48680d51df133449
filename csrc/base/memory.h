// How much memory this process may still take.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace electron_local {

// Bytes that can be taken without swapping: what the system has available, or less where a control group
// (version 1 or 2, a container's too) allows less; what it could reclaim of its page cache counts as free.
// nullopt: not known. The roots are for tests.
std::optional<std::uint64_t> available_memory(const std::string& proc = "/proc",
                                              const std::string& cgroups = "/sys/fs/cgroup");

}  // namespace electron_local
