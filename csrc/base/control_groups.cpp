#include "base/control_groups.h"

#include <fstream>

namespace electron_local {
namespace {

// "cpu" in "4:cpu,cpuacct:/path".
bool names(const std::string& controllers, const std::string& controller) {
  return ("," + controllers + ",").find("," + controller + ",") != std::string::npos;
}

}  // namespace

void visit_control_groups(const std::string& controller,
                          const std::function<void(const std::string& folder, GroupVersion)>& visit,
                          const std::string& proc, const std::string& cgroups) {
  std::ifstream groups(proc + "/self/cgroup");
  for (std::string line; std::getline(groups, line);) {  // "0::/path", or "4:memory:/path" in version 1
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const bool is_2 = controllers.empty();
    if (!is_2 && !names(controllers, controller)) continue;
    const GroupVersion version = is_2 ? GroupVersion::k2 : GroupVersion::k1;
    const std::string root = is_2 ? cgroups : cgroups + "/" + controller;
    visit(root, version);
    for (std::string path = line.substr(second + 1); !path.empty() && path != "/";) {
      visit(root + path, version);
      path.resize(path.find_last_of('/'));
    }
  }
}

}  // namespace electron_local
