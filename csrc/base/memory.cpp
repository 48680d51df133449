#include "base/memory.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "base/control_groups.h"

namespace electron_local {
namespace {

using Bytes = std::optional<std::uint64_t>;

// The number alone in a file; nullopt: no file, or "max".
Bytes number_in(const std::string& path) {
  std::ifstream file(path);
  std::uint64_t value = 0;
  return file >> value ? Bytes(value) : std::nullopt;
}

// The number behind a word at the beginning of a line.
Bytes number_after(const std::string& path, const std::string& word) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    std::string name;
    std::uint64_t value = 0;
    if (fields >> name >> value && name == word) return value;
  }
  return std::nullopt;
}

Bytes lesser(Bytes a, Bytes b) { return a && b ? std::min(*a, *b) : (a ? a : b); }

struct GroupFiles {
  const char* limit;
  const char* usage;
  const char* reclaimable;  // in memory.stat
};
constexpr GroupFiles kVersion1{"memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"};
constexpr GroupFiles kVersion2{"memory.max", "memory.current", "inactive_file"};

Bytes left_in_group(const std::string& folder, const GroupFiles& files) {
  const Bytes limit = number_in(folder + "/" + files.limit);
  const Bytes usage = number_in(folder + "/" + files.usage);
  if (!limit || !usage) return std::nullopt;
  const std::uint64_t reclaimable = number_after(folder + "/memory.stat", files.reclaimable).value_or(0);
  const std::uint64_t held = *usage - std::min(*usage, reclaimable);
  return *limit - std::min(*limit, held);
}

}  // namespace

std::optional<std::uint64_t> available_memory(const std::string& proc, const std::string& cgroups) {
  Bytes left = number_after(proc + "/meminfo", "MemAvailable:");
  if (left) *left *= 1024;
  visit_control_groups(
      "memory",
      [&left](const std::string& folder, GroupVersion version) {
        left = lesser(left, left_in_group(folder, version == GroupVersion::k1 ? kVersion1 : kVersion2));
      },
      proc, cgroups);
  return left;
}

}  // namespace electron_local
