#include "audio/period_kernel.h"

#include "base/cpu.h"
#include "base/lanes.h"

namespace electron_local {
namespace {

// kColumns * kVectors sums stay in registers and hide each other's latency.
template <typename Real, int kBytes, int kColumns, int kVectors>
ELECTRON_LOCAL_INLINE void convolve_block(const ColumnGroup<Real>& group, const Real* input, Real* sums,
                                          std::size_t stride) {
  constexpr int kLanes = kBytes / sizeof(Real);
  Lanes<Real, kBytes> sum[kColumns][kVectors] = {};
#pragma GCC unroll 3
  for (int column = 0; column < kColumns; ++column) {
    const Taps<Real>& own = group.own[column];
    for (std::size_t tap = 0; tap < own.offsets.size(); ++tap) {
      const Real* samples = input + own.offsets[tap];
#pragma GCC unroll 8
      for (int v = 0; v < kVectors; ++v) {
        Lanes<Real, kBytes> lanes;
        load<kBytes>(lanes, samples + v * kLanes);
        sum[column][v] += own.coefficients[tap] * lanes;
      }
    }
  }
  const std::size_t n_taps = group.shared.offsets.size();
  const std::int32_t* offsets = group.shared.offsets.data();
  const Real* coefficients = group.shared.coefficients.data();
  for (std::size_t tap = 0; tap < n_taps; ++tap, coefficients += kColumns) {
    const Real* samples = input + offsets[tap];
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v) {
      Lanes<Real, kBytes> lanes;
      load<kBytes>(lanes, samples + v * kLanes);
#pragma GCC unroll 3
      for (int column = 0; column < kColumns; ++column) sum[column][v] += coefficients[column] * lanes;
    }
  }
#pragma GCC unroll 3
  for (int column = 0; column < kColumns; ++column) {
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v) {
      store<kBytes>(sums + static_cast<std::size_t>(column) * stride + v * kLanes, sum[column][v]);
    }
  }
}

template <typename Real, int kBytes, int kColumns, int kVectors>
ELECTRON_LOCAL_INLINE void convolve_columns(const ColumnGroup<Real>& group, const Real* input,
                                            std::size_t n_periods, Real* sums, std::size_t stride) {
  constexpr std::size_t kLanes = kBytes / sizeof(Real);
  std::size_t i = 0;
  for (; i + kVectors * kLanes <= n_periods; i += kVectors * kLanes) {
    convolve_block<Real, kBytes, kColumns, kVectors>(group, input + i, sums + i, stride);
  }
  for (; i + kLanes < n_periods; i += 2 * kLanes) {
    convolve_block<Real, kBytes, kColumns, 2>(group, input + i, sums + i, stride);
  }
  if (i < n_periods) convolve_block<Real, kBytes, kColumns, 1>(group, input + i, sums + i, stride);
}

template <typename Real, int kBytes>
ELECTRON_LOCAL_INLINE void convolve(const ColumnGroup<Real>& group, const Real* input, std::size_t n_periods,
                                    Real* sums, std::size_t stride) {
  if (group.n_columns == 2)
    return convolve_columns<Real, kBytes, 2, 6>(group, input, n_periods, sums, stride);
  convolve_columns<Real, kBytes, 3, 4>(group, input, n_periods, sums, stride);
}

template <typename Real>
using Kernel = void (*)(const ColumnGroup<Real>&, const Real*, std::size_t, Real*, std::size_t);

template <typename Real>
void convolve_baseline(const ColumnGroup<Real>& group, const Real* input, std::size_t n_periods, Real* sums,
                       std::size_t stride) {
  convolve<Real, kBaselineBytes>(group, input, n_periods, sums, stride);
}

#if defined(__x86_64__)
template <typename Real>
ELECTRON_LOCAL_AVX2 void convolve_avx2(const ColumnGroup<Real>& group, const Real* input,
                                       std::size_t n_periods, Real* sums, std::size_t stride) {
  convolve<Real, kAvx2Bytes>(group, input, n_periods, sums, stride);
}

template <typename Real>
ELECTRON_LOCAL_AVX512 void convolve_avx512(const ColumnGroup<Real>& group, const Real* input,
                                           std::size_t n_periods, Real* sums, std::size_t stride) {
  convolve<Real, kAvx512Bytes>(group, input, n_periods, sums, stride);
}
#endif

template <typename Real>
Kernel<Real> select_kernel() {
#if defined(__x86_64__)
  if (isa_for_unaligned_vectors() == Isa::kAvx512) return convolve_avx512<Real>;
  if (isa_for_unaligned_vectors() == Isa::kAvx2) return convolve_avx2<Real>;
#endif
  return convolve_baseline<Real>;  // NEON is part of the baseline where it exists
}

}  // namespace

template <typename Real>
void convolve_periods(const ColumnGroup<Real>& group, const Real* input, std::size_t n_periods, Real* sums,
                      std::size_t stride) {
  static const Kernel<Real> kernel = select_kernel<Real>();
  kernel(group, input, n_periods, sums, stride);
}

template void convolve_periods<float>(const ColumnGroup<float>&, const float*, std::size_t, float*,
                                      std::size_t);
template void convolve_periods<double>(const ColumnGroup<double>&, const double*, std::size_t, double*,
                                       std::size_t);

}  // namespace electron_local
