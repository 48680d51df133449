// What the control groups leave of memory and of the processors.
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/cores.h"
#include "base/memory.h"
#include "check.h"

using electron_local::available_memory;
using electron_local::cpu_quota;

namespace {

namespace fs = std::filesystem;

void put(const std::string& path, const std::string& text) {
  fs::create_directories(fs::path(path).parent_path());
  std::ofstream(path) << text;
}

void test_the_smallest_group_decides() {
  std::string root = (fs::temp_directory_path() / "memory.XXXXXX").string();
  root = mkdtemp(root.data());
  const std::string proc = root + "/proc";
  const std::string groups = root + "/cgroup";
  CHECK(!available_memory(proc, groups).has_value());
  put(proc + "/meminfo", "MemTotal: 9000 kB\nMemAvailable:    4000 kB\n");
  CHECK_EQUAL(available_memory(proc, groups).value_or(0), std::uint64_t{4000 * 1024});
  put(proc + "/self/cgroup", "0::/a/b\n");
  put(groups + "/a/b/memory.max", "max\n");
  put(groups + "/a/b/memory.current", "1000\n");
  CHECK_EQUAL(available_memory(proc, groups).value_or(0), std::uint64_t{4000 * 1024});
  put(groups + "/a/memory.max", "1000000\n");
  put(groups + "/a/memory.current", "700000\n");
  put(groups + "/a/memory.stat", "anon 1\ninactive_file 200000\n");
  CHECK_EQUAL(available_memory(proc, groups).value_or(0), std::uint64_t{500000});
  put(groups + "/a/memory.current", "2000000\n");
  CHECK_EQUAL(available_memory(proc, groups).value_or(1), std::uint64_t{0});

  put(proc + "/self/cgroup", "5:cpu,cpuacct:/x\n4:memory:/x\n0::/\n");
  put(groups + "/memory/x/memory.limit_in_bytes", "3000\n");
  put(groups + "/memory/x/memory.usage_in_bytes", "1000\n");
  CHECK_EQUAL(available_memory(proc, groups).value_or(0), std::uint64_t{2000});
  fs::remove_all(root);
}

void test_processor_time_of_control_groups() {
  std::string root = (fs::temp_directory_path() / "cpu.XXXXXX").string();
  root = mkdtemp(root.data());
  const std::string proc = root + "/proc";
  const std::string groups = root + "/cgroup";
  CHECK(!cpu_quota(proc, groups).has_value());
  put(proc + "/self/cgroup", "0::/a/b\n");
  put(groups + "/a/b/cpu.max", "max 100000\n");
  CHECK(!cpu_quota(proc, groups).has_value());
  put(groups + "/a/cpu.max", "150000 100000\n");
  CHECK_EQUAL(cpu_quota(proc, groups).value_or(0), 1.5);
  put(groups + "/a/b/cpu.max", "50000 100000\n");
  CHECK_EQUAL(cpu_quota(proc, groups).value_or(0), 0.5);

  put(proc + "/self/cgroup", "5:cpu,cpuacct:/x\n4:memory:/x\n0::/\n");
  put(groups + "/cpu/x/cpu.cfs_quota_us", "-1\n");
  put(groups + "/cpu/x/cpu.cfs_period_us", "100000\n");
  CHECK(!cpu_quota(proc, groups).has_value());
  put(groups + "/cpu/x/cpu.cfs_quota_us", "200000\n");
  CHECK_EQUAL(cpu_quota(proc, groups).value_or(0), 2.0);
  fs::remove_all(root);
}

}  // namespace

int main() {
  test_the_smallest_group_decides();
  test_processor_time_of_control_groups();
  return electron_local_test::n_failures;
}
