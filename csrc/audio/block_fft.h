// Fourier transforms of many blocks at once. A lane of a vector belongs to one pair of blocks, the one as the
// real, the other as the imaginary part of complex samples: no sum crosses lanes, and a spectrum that is
// multiplied by that of a real response stays a pair of blocks.
#pragma once

#include <cstddef>
#include <vector>

namespace electron_local {

// One pass of Stockham's transform: n_points / radix butterflies, read at a distance and written in order.
template <typename Real>
struct FftPass {
  int radix;                   // 2, 3, 4, 5 or 7
  std::size_t n_groups;        // butterflies of different twiddles
  std::size_t n_repeats;       // of each
  std::vector<Real> twiddles;  // cosine and sine, radix - 1 of them a group
};

template <typename Real>
struct BlockFft {
  std::size_t n_points;
  std::vector<FftPass<Real>> passes;
};

// True for products of 2, 3, 5 and 7.
bool is_fft_size(std::size_t n_points);

// Source: Stockham, High-speed convolution and correlation, AFIPS 1966, in the decimation-in-frequency form.
template <typename Real>
BlockFft<Real> make_block_fft(std::size_t n_points);

}  // namespace electron_local
