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

namespace electron_local {

constexpr int kBaselineBytes = 16;  // SSE2, and NEON where it is part of the baseline
constexpr int kAvx2Bytes = 32;
constexpr int kAvx512Bytes = 64;

template <typename Real, int kBytes>
struct LanesOf {
  typedef Real Type __attribute__((vector_size(kBytes)));
};

// A vector of kBytes / sizeof(Real) lanes. Handed over by reference: vectors wider than the baseline's have
// no one calling convention.
template <typename Real, int kBytes>
using Lanes = typename LanesOf<Real, kBytes>::Type;

// Integers as many and as wide as the lanes of Lanes<Real, kBytes>.
template <typename Real, int kBytes>
using LaneNumbers = Lanes<std::conditional_t<sizeof(Real) == 4, std::int32_t, std::int64_t>, kBytes>;

// From and to any address.
template <int kBytes, typename Real>
ELECTRON_LOCAL_INLINE void load(Lanes<Real, kBytes>& lanes, const Real* source) {
  __builtin_memcpy(&lanes, source, kBytes);
}

template <int kBytes, typename Real>
ELECTRON_LOCAL_INLINE void store(Real* target, const Lanes<Real, kBytes>& lanes) {
  __builtin_memcpy(target, &lanes, kBytes);
}

// Keeps the compiler from loading a vector once for each of its uses. Clang looks at the assembly before it
// inlines, where a template has the baseline's registers alone: there this does nothing.
template <typename Vector>
ELECTRON_LOCAL_INLINE void keep_in_register([[maybe_unused]] Vector& lanes) {
#if defined(__x86_64__) && !defined(__clang__)
  __asm__("" : "+v"(lanes));
#elif defined(__aarch64__)
  __asm__("" : "+w"(lanes));
#endif
}

}  // namespace electron_local

// A vector of the lanes with these numbers, counted through `a` and on through `b`.
#if defined(__clang__)
#define ELECTRON_LOCAL_SHUFFLE(Real, kBytes, a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define ELECTRON_LOCAL_SHUFFLE(Real, kBytes, a, b, ...) \
  __builtin_shuffle(a, b, electron_local::LaneNumbers<Real, kBytes>{__VA_ARGS__})
#endif
