// Vectors for kernels that are written once and compiled for every instruction set: a kernel is an
// always-inlined template over the bytes of a vector, and each entry point inlines it under its own target.
#pragma once

#include <cstdint>
#include <type_traits>

#define ELECTRON_LOCAL_INLINE __attribute__((always_inline)) inline

#if defined(__x86_64__)
#define ELECTRON_LOCAL_AVX2 __attribute__((target("avx2,fma")))
#define ELECTRON_LOCAL_AVX512 __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,fma")))
#endif

// A vector of the lanes with these numbers, counted through `a` and on through `b`.
#if defined(__clang__)
#define ELECTRON_LOCAL_SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define ELECTRON_LOCAL_SHUFFLE(a, b, ...) \
  __builtin_shuffle(a, b, electron_local::LaneNumbers<std::decay_t<decltype(a)>>{__VA_ARGS__})
#endif

namespace electron_local {

constexpr int kBaselineBytes = 16;  // SSE2, and NEON where it is part of the baseline
constexpr int kAvx2Bytes = 32;
constexpr int kAvx512Bytes = 64;

// kBytes / sizeof(Real) lanes; may lie at any address that suits one Real.
template <typename Real, int kBytes>
struct LanesOf {
  typedef Real Type __attribute__((vector_size(kBytes), aligned(sizeof(Real)), may_alias));
};

template <typename Real, int kBytes>
using Lanes = typename LanesOf<Real, kBytes>::Type;

// The vector at `source`: a reference, because a vector that is returned has no one calling convention.
template <int kBytes, typename Real>
ELECTRON_LOCAL_INLINE const Lanes<Real, kBytes>& lanes_at(const Real* source) {
  return *reinterpret_cast<const Lanes<Real, kBytes>*>(source);
}

template <int kBytes, typename Real>
ELECTRON_LOCAL_INLINE Lanes<Real, kBytes>& lanes_at(Real* target) {
  return *reinterpret_cast<Lanes<Real, kBytes>*>(target);
}

// Integers as many and as wide as the lanes of Vector.
template <typename Vector>
using LaneNumbers =
    Lanes<std::conditional_t<sizeof(Vector{}[0]) == 4, std::int32_t, std::int64_t>, sizeof(Vector)>;

}  // namespace electron_local
