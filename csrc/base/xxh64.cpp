#include "base/xxh64.h"

#include <cstring>

namespace electron_local {
namespace {

constexpr std::uint64_t kPrime1 = 0x9E3779B185EBCA87u;
constexpr std::uint64_t kPrime2 = 0xC2B2AE3D27D4EB4Fu;
constexpr std::uint64_t kPrime3 = 0x165667B19E3779F9u;
constexpr std::uint64_t kPrime4 = 0x85EBCA77C2B2AE63u;
constexpr std::uint64_t kPrime5 = 0x27D4EB2F165667C5u;

std::uint64_t rotate(std::uint64_t x, int n) { return (x << n) | (x >> (64 - n)); }

template <typename Word>
std::uint64_t load(const unsigned char* p) {
  Word word;
  std::memcpy(&word, p, sizeof word);
  return word;
}

std::uint64_t round(std::uint64_t lane, std::uint64_t input) {
  return rotate(lane + input * kPrime2, 31) * kPrime1;
}

std::uint64_t merge(std::uint64_t hash, std::uint64_t lane) {
  return (hash ^ round(0, lane)) * kPrime1 + kPrime4;
}

std::uint64_t finish(std::uint64_t hash, const unsigned char* p, std::size_t n_left) {
  for (; n_left >= 8; p += 8, n_left -= 8) {
    hash = rotate(hash ^ round(0, load<std::uint64_t>(p)), 27) * kPrime1 + kPrime4;
  }
  for (; n_left >= 4; p += 4, n_left -= 4) {
    hash = rotate(hash ^ (load<std::uint32_t>(p) * kPrime1), 23) * kPrime2 + kPrime3;
  }
  for (; n_left > 0; ++p, --n_left) hash = rotate(hash ^ (*p * kPrime5), 11) * kPrime1;
  hash = (hash ^ (hash >> 33)) * kPrime2;
  hash = (hash ^ (hash >> 29)) * kPrime3;
  return hash ^ (hash >> 32);
}

}  // namespace

std::uint64_t xxh64(const void* data, std::size_t n_bytes, std::uint64_t seed) {
  const auto* p = static_cast<const unsigned char*>(data);
  std::size_t n_left = n_bytes;
  std::uint64_t hash = seed + kPrime5;
  if (n_left >= 32) {
    std::uint64_t lanes[4] = {seed + kPrime1 + kPrime2, seed + kPrime2, seed, seed - kPrime1};
    for (; n_left >= 32; p += 32, n_left -= 32) {
      for (int i = 0; i < 4; ++i) lanes[i] = round(lanes[i], load<std::uint64_t>(p + 8 * i));
    }
    hash = rotate(lanes[0], 1) + rotate(lanes[1], 7) + rotate(lanes[2], 12) + rotate(lanes[3], 18);
    for (const std::uint64_t lane : lanes) hash = merge(hash, lane);
  }
  return finish(hash + n_bytes, p, n_left);
}

}  // namespace electron_local
