// Bytes outside the heap: who owns them, and that the system has them back at once.
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <memory>
#include <new>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/mapped_bytes.h"
#include "check.h"

using electron_local::MappedBytes;

namespace {

constexpr std::size_t kMiB = 1 << 20;

#ifdef __SANITIZE_THREAD__
constexpr bool kHasShadow = true;  // what is resident is mostly the sanitizer's
#else
constexpr bool kHasShadow = false;
#endif

std::size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t n_mapped = 0;
  std::size_t n_resident = 0;
  file >> n_mapped >> n_resident;
  return n_resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

MappedBytes filled(std::size_t n_bytes, int value) {
  MappedBytes bytes(n_bytes);
  if (n_bytes > 0) std::memset(bytes.data(), value, n_bytes);
  return bytes;
}

void test_they_hold_what_was_put_in() {
  const std::string text = "keys and values";
  const MappedBytes bytes(text.data(), text.size());
  CHECK_EQUAL(bytes.size(), text.size());
  CHECK_EQUAL(std::memcmp(bytes.data(), text.data(), text.size()), 0);
  CHECK(bytes == MappedBytes(text.data(), text.size()));
  CHECK(!(bytes == MappedBytes(text.data(), text.size() - 1)));
  CHECK(!(bytes == filled(text.size(), 0)));
  CHECK_EQUAL(MappedBytes(10000).data()[9999], 0);
}

void test_one_owner_at_a_time() {
  MappedBytes first = filled(5000, 1);
  MappedBytes second = std::move(first);
  CHECK(first.empty());
  CHECK_EQUAL(second.size(), std::size_t{5000});
  second = filled(7000, 2);
  CHECK_EQUAL(second.size(), std::size_t{7000});
  CHECK_EQUAL(second.data()[6999], 2);
  MappedBytes& same = second;
  second = std::move(same);
  CHECK_EQUAL(second.data()[6999], 2);
  second = MappedBytes();
  CHECK(second.empty());
}

void test_none_and_too_many() {
  CHECK(MappedBytes().empty());
  CHECK(MappedBytes(0) == MappedBytes(nullptr, 0));
  CHECK_THROWS(MappedBytes(~std::size_t{0}), std::bad_alloc);
  CHECK_THROWS(MappedBytes(~std::size_t{0} / 2), std::bad_alloc);
}

void test_they_shrink() {
  for (const std::size_t n : {std::size_t{40000}, std::size_t{9000}, std::size_t{4096}, std::size_t{1}}) {
    MappedBytes bytes = filled(40000, 3);
    bytes.shrink(n);
    CHECK_EQUAL(bytes.size(), n);
    CHECK(bytes == filled(n, 3));
  }
  MappedBytes bytes = filled(40000, 3);
  bytes.shrink(0);
  CHECK(bytes.empty());
  MappedBytes large = filled(64 * kMiB, 4);
  const std::size_t n_before = resident_bytes();
  large.shrink(kMiB);
  CHECK(kHasShadow || n_before - resident_bytes() > 62 * kMiB);
}

// Between them small things are allocated on the heap that stay, as a cache's nodes do.
void test_what_comes_and_goes_leaves_nothing_behind() {
  std::mt19937 random(1);
  std::vector<MappedBytes> held;
  std::vector<std::unique_ptr<int>> stay;
  const std::size_t n_before = resident_bytes();
  std::size_t n_held = 0;
  for (int i = 0; i < 2000; ++i) {
    held.push_back(filled(1 + random() % (256 * 1024), i));
    n_held += held.back().size();
    stay.push_back(std::make_unique<int>(i));
    while (n_held > 16 * kMiB) {
      std::swap(held[random() % held.size()], held.back());
      n_held -= held.back().size();
      held.pop_back();
    }
  }
  CHECK(kHasShadow || resident_bytes() < n_before + n_held + 2 * kMiB);
  held.clear();
  CHECK(kHasShadow || resident_bytes() < n_before + 2 * kMiB);
}

}  // namespace

int main() {
  test_they_hold_what_was_put_in();
  test_one_owner_at_a_time();
  test_none_and_too_many();
  test_they_shrink();
  test_what_comes_and_goes_leaves_nothing_behind();
  return electron_local_test::n_failures;
}
