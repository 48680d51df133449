// The inner loops of ratios with a long period: one dot product an output.
#pragma once

#include <cstddef>
#include <cstdint>

#include "audio/polyphase_bank.h"

namespace electron_local {

constexpr std::size_t kTapGranularity = 16;

// Rows of a bank that may well share a window.
constexpr std::uint32_t kRowsPerWindow = 4;

// Neighbouring rows of a bank and the windows of input that they meet:
// outputs[window * output_distance + row] =
//     rows[row] . (input + starts[row] - starts[0] + window * window_distance)
template <typename Real>
struct DotProducts {
  const Real* rows;             // one after the other
  std::size_t n_taps;           // of each; a multiple of kTapGranularity
  const Real* input;            // the first row's first window
  const std::uint32_t* starts;  // one for each row
  bool shares_windows;          // rows of the same start come in fours, but for the ends
  std::size_t n_rows;
  std::size_t n_windows;  // for each row
  std::size_t window_distance;
  Real* outputs;
  std::size_t output_distance;
};

// Every product is added to one of 16 sums, and those are added pairwise, on every instruction set: all that
// fuse multiply and add (all but baseline x86-64) agree to the bit.
template <typename Real>
void compute(const DotProducts<Real>& products);

}  // namespace electron_local
