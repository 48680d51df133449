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

// Rows share the windows' place in the loop, windows share what is loaded of a row, and rows with the same
// start what is loaded of the windows.
template <int kBytes, int kRows, int kWindows, bool kIsSameStart, typename Real>
ELECTRON_LOCAL_INLINE void dot_block(const DotProducts<Real>& x, std::size_t row, std::size_t window) {
  constexpr int kLanes = kBytes / sizeof(Real);
  constexpr int kParts = kSums / kLanes;
  constexpr int kOutputs = kRows * kWindows;
  Lanes<Real, kBytes> sum[kOutputs][kParts] = {};
  const Real* coefficients = x.rows + row * x.n_taps;
  const Real* input = x.input + window * x.window_distance;
  for (std::size_t tap = 0; tap < x.n_taps; tap += kSums) {
#pragma GCC unroll 8
    for (int part = 0; part < kParts; ++part) {
      const std::size_t at = tap + static_cast<std::size_t>(part) * kLanes;
      Lanes<Real, kBytes> windows[kWindows];
#pragma GCC unroll 4
      for (int r = 0; r < kRows; ++r) {
        Lanes<Real, kBytes> lanes;
        load<kBytes>(lanes, coefficients + static_cast<std::size_t>(r) * x.n_taps + at);
        if (kWindows > 1) keep_in_register(lanes);
        const Real* samples = input + (x.starts[row + static_cast<std::size_t>(r)] - x.starts[0]) + at;
#pragma GCC unroll 4
        for (int w = 0; w < kWindows; ++w) {
          if (r == 0 || !kIsSameStart) {
            load<kBytes>(windows[w], samples + static_cast<std::size_t>(w) * x.window_distance);
            if (kIsSameStart && kRows > 1) keep_in_register(windows[w]);
          }
          sum[w * kRows + r][part] += lanes * windows[w];
        }
      }
    }
  }
  Lanes<Real, kBytes> totals[kOutputs];
#pragma GCC unroll 8
  for (int i = 0; i < kOutputs; ++i) {
#pragma GCC unroll 4
    for (int width = kParts / 2; width > 0; width /= 2) {
#pragma GCC unroll 4
      for (int part = 0; part < width; ++part) sum[i][part] += sum[i][part + width];
    }
    totals[i] = sum[i][0];
  }
  add_lanes<Real, kBytes, kLanes / 2, kOutputs>(totals);
  Real outputs[kOutputs > kLanes ? kOutputs : kLanes];
#pragma GCC unroll 8
  for (int i = 0; i < kOutputs; i += kLanes) store<kBytes>(outputs + i, totals[i / kLanes]);
#pragma GCC unroll 4
  for (int w = 0; w < kWindows; ++w) {
    Real* target = x.outputs + (window + static_cast<std::size_t>(w)) * x.output_distance + row;
    __builtin_memcpy(target, outputs + w * kRows, kRows * sizeof(Real));
  }
}

// kSameRows of the same start at a time; kRows where none share, since their sums hide each other's latency.
template <int kBytes, int kRows, int kSameRows, int kWindows, typename Real>
ELECTRON_LOCAL_INLINE void dot_rows(const DotProducts<Real>& x, std::size_t window) {
  std::size_t row = 0;
  while (row < x.n_rows) {
    const std::size_t n_left = x.n_rows - row;
    if (x.shares_windows && n_left >= kSameRows && x.starts[row] == x.starts[row + kSameRows - 1]) {
      dot_block<kBytes, kSameRows, kWindows, true>(x, row, window);
      row += kSameRows;
    } else if (!x.shares_windows && n_left >= kRows) {
      dot_block<kBytes, kRows, kWindows, false>(x, row, window);
      row += kRows;
    } else {
      dot_block<kBytes, 1, kWindows, true>(x, row, window);
      ++row;
    }
  }
}

// kSameRows * 2 sums of 16 are held in registers.
template <int kBytes, int kSameRows, typename Real>
ELECTRON_LOCAL_INLINE void dot_all(const DotProducts<Real>& x) {
  std::size_t window = 0;
  for (; window + 2 <= x.n_windows; window += 2) dot_rows<kBytes, 2, kSameRows, 2>(x, window);
  if (window < x.n_windows) dot_rows<kBytes, 4, 4, 1>(x, window);
}

template <typename Real>
void compute_baseline(const DotProducts<Real>& x) {
  dot_all<kBaselineBytes, 2>(x);
}

#if defined(__x86_64__)
template <typename Real>
ELECTRON_LOCAL_AVX2 void compute_avx2(const DotProducts<Real>& x) {
  dot_all<kAvx2Bytes, 2>(x);
}

// Half the width, but twice the registers of AVX2.
template <typename Real>
ELECTRON_LOCAL_AVX512 void compute_avx512_halves(const DotProducts<Real>& x) {
  dot_all<kAvx2Bytes, 4>(x);
}

template <typename Real>
ELECTRON_LOCAL_AVX512 void compute_avx512(const DotProducts<Real>& x) {
  dot_all<kAvx512Bytes, 4>(x);
}
#endif

template <typename Real>
auto select_kernel() -> void (*)(const DotProducts<Real>&) {
#if defined(__x86_64__)
  if (isa_for_unaligned_vectors() == Isa::kAvx512) return compute_avx512<Real>;
  if (selected_isa() == Isa::kAvx512) return compute_avx512_halves<Real>;
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
