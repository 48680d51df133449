#include "audio/polyphase_kernel.h"

#include <utility>

#include "base/cpu.h"
#include "base/lanes.h"

namespace electron_local {
namespace {

constexpr int kSums = kTapGranularity;

// Two vectors of sums become one of half as many sums each: in groups of 2 * kHalf lanes, lane i and lane
// i + kHalf are added; first the groups of `a`, then those of `b`.
template <typename Real, int kBytes, int kHalf, std::size_t... kLane>
ELECTRON_LOCAL_INLINE void merge(Lanes<Real, kBytes>& a, const Lanes<Real, kBytes>& b,
                                 std::index_sequence<kLane...>) {
  a = ELECTRON_LOCAL_SHUFFLE(Real, kBytes, a, b, (kLane / kHalf * 2 * kHalf + kLane % kHalf)...) +
      ELECTRON_LOCAL_SHUFFLE(Real, kBytes, a, b, (kLane / kHalf * 2 * kHalf + kLane % kHalf + kHalf)...);
}

// The total of the lanes of each vector, in the first lanes of the first vector. kHalf lanes are added to
// kHalf others.
template <typename Real, int kBytes, int kHalf, int kVectors>
ELECTRON_LOCAL_INLINE void add_lanes(Lanes<Real, kBytes>* vectors) {
  if constexpr (kHalf > 0) {
    constexpr int kMerged = kVectors > 1 ? kVectors / 2 : 1;
#pragma GCC unroll 4
    for (int i = 0; i < kMerged; ++i) {
      vectors[i] = vectors[kVectors > 1 ? 2 * i : 0];
      merge<Real, kBytes, kHalf>(vectors[i], vectors[kVectors > 1 ? 2 * i + 1 : 0],
                                 std::make_index_sequence<kBytes / sizeof(Real)>());
    }
    add_lanes<Real, kBytes, kHalf / 2, kMerged>(vectors);
  }
}

// Rows share the windows' place in the loop, windows share what is loaded of a row.
template <int kBytes, int kRows, int kWindows, typename Real>
ELECTRON_LOCAL_INLINE void dot_block(const DotProducts<Real>& x, std::size_t row, std::size_t window) {
  constexpr int kLanes = kBytes / sizeof(Real);
  constexpr int kParts = kSums / kLanes;
  constexpr int kOutputs = kRows * kWindows;
  Lanes<Real, kBytes> sum[kOutputs][kParts] = {};
  const Real* coefficients = x.rows + row * x.n_taps;
  const std::size_t offset = window * x.window_distance;
  for (std::size_t tap = 0; tap < x.n_taps; tap += kSums) {
#pragma GCC unroll 8
    for (int part = 0; part < kParts; ++part) {
#pragma GCC unroll 4
      for (int r = 0; r < kRows; ++r) {
        const std::size_t at = tap + static_cast<std::size_t>(part) * kLanes;
        Lanes<Real, kBytes> lanes, window_lanes;
        load<kBytes>(lanes, coefficients + static_cast<std::size_t>(r) * x.n_taps + at);
        const Real* samples = x.windows[row + static_cast<std::size_t>(r)] + offset + at;
#pragma GCC unroll 4
        for (int w = 0; w < kWindows; ++w) {
          load<kBytes>(window_lanes, samples + static_cast<std::size_t>(w) * x.window_distance);
          sum[r * kWindows + w][part] += lanes * window_lanes;
        }
      }
    }
  }
  Lanes<Real, kBytes> totals[kOutputs];
#pragma GCC unroll 4
  for (int i = 0; i < kOutputs; ++i) {
#pragma GCC unroll 4
    for (int width = kParts / 2; width > 0; width /= 2) {
#pragma GCC unroll 4
      for (int part = 0; part < width; ++part) sum[i][part] += sum[i][part + width];
    }
    totals[i] = sum[i][0];
  }
  add_lanes<Real, kBytes, kLanes / 2, kOutputs>(totals);
#pragma GCC unroll 4
  for (int i = 0; i < kOutputs; ++i) {
    Real* output = x.outputs + (window + static_cast<std::size_t>(i % kWindows)) * x.output_distance;
    output[row + static_cast<std::size_t>(i / kWindows)] = totals[i / kLanes][i % kLanes];
  }
}

template <int kBytes, int kRows, int kWindows, typename Real>
ELECTRON_LOCAL_INLINE void dot_rows(const DotProducts<Real>& x, std::size_t window) {
  std::size_t row = 0;
  for (; row + kRows <= x.n_rows; row += kRows) dot_block<kBytes, kRows, kWindows>(x, row, window);
  for (; row < x.n_rows; ++row) dot_block<kBytes, 1, kWindows>(x, row, window);
}

template <int kBytes, typename Real>
ELECTRON_LOCAL_INLINE void dot_all(const DotProducts<Real>& x) {
  std::size_t window = 0;
  for (; window + 2 <= x.n_windows; window += 2) dot_rows<kBytes, 2, 2>(x, window);
  if (window < x.n_windows) dot_rows<kBytes, 4, 1>(x, window);
}

template <typename Real>
void compute_baseline(const DotProducts<Real>& x) {
  dot_all<kBaselineBytes>(x);
}

#if defined(__x86_64__)
template <typename Real>
ELECTRON_LOCAL_AVX2 void compute_avx2(const DotProducts<Real>& x) {
  dot_all<kAvx2Bytes>(x);
}

template <typename Real>
ELECTRON_LOCAL_AVX512 void compute_avx512(const DotProducts<Real>& x) {
  dot_all<kAvx512Bytes>(x);
}
#endif

template <typename Real>
auto select_kernel() -> void (*)(const DotProducts<Real>&) {
#if defined(__x86_64__)
  if (isa_for_unaligned_vectors() == Isa::kAvx512) return compute_avx512<Real>;
  if (isa_for_unaligned_vectors() == Isa::kAvx2) return compute_avx2<Real>;
#endif
  return compute_baseline<Real>;  // NEON is part of the baseline where it exists
}

}  // namespace

template <typename Real>
void compute(const DotProducts<Real>& products) {
  static const auto kernel = select_kernel<Real>();
  kernel(products);
}

template void compute<float>(const DotProducts<float>&);
template void compute<double>(const DotProducts<double>&);

}  // namespace electron_local
