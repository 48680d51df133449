// What the attention kernels do with one vector of floats: widen, turn, exponentiate. For
// attention_kernel.cpp alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#if defined(__aarch64__)
#include <arm_neon.h>
#endif

#include "base/exponential.h"
#include "base/lanes.h"
#include "llm/attention/attention.h"

namespace electron_local {

template <int kBytes>
using Floats = Lanes<float, kBytes>;
template <int kBytes>
constexpr int kLanesOf = kBytes / static_cast<int>(sizeof(float));

// As many float16 from any address as lanes hold floats.
template <int kBytes>
ELECTRON_LOCAL_INLINE void widen_halves(Floats<kBytes>& lanes, const std::byte* halves) {
#if defined(__x86_64__) && !defined(__clang__)
  struct Half {
    std::byte bytes[kBytes / 2];
  };
  __asm__("vcvtph2ps %1, %0" : "=v"(lanes) : "m"(*reinterpret_cast<const Half*>(halves)));
#elif defined(__aarch64__)
  float16x4_t narrow;
  std::memcpy(&narrow, halves, sizeof narrow);
  lanes = vcvt_f32_f16(narrow);
#elif defined(__clang__)
  typedef _Float16 Halves __attribute__((vector_size(kBytes / 2)));
  Halves narrow;
  std::memcpy(&narrow, halves, sizeof narrow);
  lanes = __builtin_convertvector(narrow, Floats<kBytes>);
#else
  (void)lanes, (void)halves;
#endif
}

// In every lane the greatest of all, found over ever shorter distances.
template <int kBytes, int kDistance, std::size_t... kLane>
ELECTRON_LOCAL_INLINE void spread_greatest(Floats<kBytes>& lanes, std::index_sequence<kLane...> all) {
  const Floats<kBytes> others =
      ELECTRON_LOCAL_SHUFFLE(float, kBytes, lanes, lanes, (static_cast<int>(kLane) ^ kDistance)...);
  lanes = others > lanes ? others : lanes;
  if constexpr (kDistance > 1) spread_greatest<kBytes, kDistance / 2>(lanes, all);
}

template <int kBytes>
ELECTRON_LOCAL_INLINE void fill(Floats<kBytes>& lanes, float value) {
  for (int i = 0; i < kLanesOf<kBytes>; ++i) lanes[i] = value;
}

template <int kBytes>
ELECTRON_LOCAL_INLINE float widen_half(const std::byte* half) {
#if defined(__x86_64__) && !defined(__clang__)
  std::uint16_t bits;
  std::memcpy(&bits, half, sizeof bits);
  // Through a register: a wide load behind the narrow store of one number would wait for it.
  Floats<16> lanes;
  __asm__("vmovd %1, %0\n\tvcvtph2ps %0, %0" : "=x"(lanes) : "r"(static_cast<std::uint32_t>(bits)));
  return lanes[0];
#else
  std::byte padded[kBytes / 2] = {};
  std::memcpy(padded, half, 2);
  Floats<kBytes> lanes;
  widen_halves<kBytes>(lanes, padded);
  return lanes[0];
#endif
}

// Elements [first, first + lanes) of a head's keys or values in one cell.
template <int kBytes, KeyType kType>
ELECTRON_LOCAL_INLINE void widen(Floats<kBytes>& lanes, const std::byte* head, int first) {
  if constexpr (kType == KeyType::kFloat16) {
    widen_halves<kBytes>(lanes, head + static_cast<std::ptrdiff_t>(first) * 2);
  } else {
    constexpr int kGroup = 32, kGroupBytes = 2 + kGroup;
    const std::byte* group = head + first / kGroup * kGroupBytes;
    typedef std::int8_t Integers __attribute__((vector_size(kBytes / 4)));
    Integers integers;
    std::memcpy(&integers, group + 2 + first % kGroup, sizeof integers);
    const auto wide = __builtin_convertvector(integers, LaneNumbers<float, kBytes>);
    lanes = __builtin_convertvector(wide, Floats<kBytes>) * widen_half<kBytes>(group);
  }
}

template <int kBytes, std::size_t... kLane>
ELECTRON_LOCAL_INLINE void interleave(Floats<kBytes>& a, Floats<kBytes>& b, std::index_sequence<kLane...>) {
  constexpr int kHalf = kLanesOf<kBytes> / 2;
  const Floats<kBytes> low = ELECTRON_LOCAL_SHUFFLE(
      float, kBytes, a, b, (static_cast<int>(kLane / 2 + kLane % 2 * kLanesOf<kBytes>))...);
  b = ELECTRON_LOCAL_SHUFFLE(float, kBytes, a, b,
                             (static_cast<int>(kHalf + kLane / 2 + kLane % 2 * kLanesOf<kBytes>))...);
  a = low;
}

// Rows become columns: each round interleaves row i with row i + half.
template <int kBytes>
ELECTRON_LOCAL_INLINE void transpose(Floats<kBytes> (&rows)[kLanesOf<kBytes>]) {
  constexpr int kN = kLanesOf<kBytes>;
#pragma GCC unroll 4
  for (int round = 1; round < kN; round *= 2) {
    Floats<kBytes> next[kN];
#pragma GCC unroll 8
    for (int i = 0; i < kN / 2; ++i) {
      next[2 * i] = rows[i];
      next[2 * i + 1] = rows[i + kN / 2];
      interleave<kBytes>(next[2 * i], next[2 * i + 1], std::make_index_sequence<kN>());
    }
#pragma GCC unroll 16
    for (int i = 0; i < kN; ++i) rows[i] = next[i];
  }
}

// exp of values up to 0, zero below -87.
template <int kBytes>
ELECTRON_LOCAL_INLINE void exponentiate(Floats<kBytes>& x) {
  constexpr float kLowest = -87.0f;
  const LaneNumbers<float, kBytes> is_seen = ~(x < kLowest);  // NaN is: it must not vanish
  Floats<kBytes> shifted, rest;
  split_exponential(x, shifted, rest);
  LaneNumbers<float, kBytes> bits;
  std::memcpy(&bits, &shifted, sizeof bits);
  bits = (bits << 23) + (127 << 23);
  Floats<kBytes> power;
  std::memcpy(&power, &bits, sizeof power);
  const Floats<kBytes> product = rest * power;
  std::memcpy(&bits, &product, sizeof bits);
  bits &= is_seen;
  std::memcpy(&x, &bits, sizeof x);
}

// score_cap * tanh(x / score_cap).
template <int kBytes>
ELECTRON_LOCAL_INLINE void cap(Floats<kBytes>& x, float score_cap) {
  const Floats<kBytes> size = x < 0.0f ? -x : x;
  Floats<kBytes> rest = size * (-2.0f / score_cap);
  exponentiate<kBytes>(rest);
  const Floats<kBytes> capped = score_cap * (1.0f - rest) / (1.0f + rest);
  x = x < 0.0f ? -capped : capped;
}

}  // namespace electron_local
