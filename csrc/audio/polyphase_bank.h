// The low-pass filter sampled for one pair of rates: one row of coefficients for each position that an output
// sample can have between two input samples.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "audio/low_pass.h"

namespace electron_local {

// Output m lies at input time m * step / n_phases, reduced to lowest terms.
struct RateRatio {
  std::uint32_t n_phases;
  std::uint32_t step;
};

RateRatio reduce_rates(int from_rate_hz, int to_rate_hz);

// Real is float or double: the type of the coefficients and of the sums.
template <typename Real>
struct PolyphaseBank {
  RateRatio ratio;
  std::size_t
      n_taps;  // a multiple of kTapGranularity; a row holds the coefficient of the oldest sample first
  std::uint32_t n_rows;    // rows in one input interval
  bool is_interpolated;    // n_rows is below n_phases: rows -1 ... n_rows + 1 are stored, cubic between them
  std::uint32_t delay;     // in output samples, exact
  std::vector<Real> rows;  // row by row

  const Real* row(std::size_t index) const { return rows.data() + index * n_taps; }
};

constexpr std::size_t kTapGranularity = 16;

template <typename Real>
PolyphaseBank<Real> make_polyphase_bank(int from_rate_hz, int to_rate_hz, ResamplerQuality quality);

}  // namespace electron_local
