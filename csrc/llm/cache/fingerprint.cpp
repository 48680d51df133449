#include "llm/cache/fingerprint.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "base/error.h"
#include "base/open_file.h"
#include "base/xxh64.h"

namespace electron_local {
namespace {

constexpr std::size_t kWholeBytes = 64 << 20;
constexpr std::size_t kEndBytes = 1 << 20;
constexpr std::size_t kSampleBytes = 4 << 10;
constexpr std::size_t kStrideBytes = 256 << 10;

}  // namespace

Fingerprint fingerprint_of(const std::string& facts) {
  return {{xxh64(facts.data(), facts.size(), 0), xxh64(facts.data(), facts.size(), 1)}};
}

std::string file_identity(const std::string& path) {
  const OpenFile file = OpenFile::for_reading(path);
  const long long size = file.is_open() ? file.size() : -1;
  if (size < 0) throw ModelLoadError(path + ": " + std::strerror(errno));

  const auto n_bytes = static_cast<std::size_t>(size);
  std::vector<char> buffer(kEndBytes);
  std::uint64_t hash = 0;
  for (std::size_t at = 0; at < n_bytes;) {
    const bool is_sampled = n_bytes > kWholeBytes && at >= kEndBytes && at + kEndBytes < n_bytes;
    const std::size_t n = std::min(n_bytes - at, is_sampled ? kSampleBytes : kEndBytes);
    if (!file.read_at(buffer.data(), n, at)) throw ModelLoadError(path + ": " + std::strerror(errno));
    hash = xxh64(buffer.data(), n, hash);
    at += is_sampled ? std::min(kStrideBytes, n_bytes - kEndBytes - at) : n;
  }
  return std::to_string(n_bytes) + " bytes, hash " + std::to_string(hash);
}

}  // namespace electron_local
