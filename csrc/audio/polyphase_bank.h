// The low-pass filter sampled for one pair of rates: one row of coefficients for each position that an output
// sample can have between two input samples.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "audio/low_pass.h"

namespace electron_local {

// Output m lies at input time m * step / n_phases.
struct RateRatio {
  std::uint64_t n_phases;
  std::uint64_t step;
};

// To lowest terms.
RateRatio reduce_rates(int from_rate_hz, int to_rate_hz);

// Real is float or double: the type of the coefficients and of the sums.
template <typename Real>
struct PolyphaseBank {
  std::size_t n_taps;    // a row holds the coefficient of the oldest sample first, zeros before it
  std::uint32_t n_rows;  // one for each output of a period; interpolated: one for each step of a phase
  // Rows -1 ... n_rows + 1 of an input interval are stored, cubic between them. Otherwise the row of output
  // m is m % n_rows: a stream reads the rows one after the other.
  bool is_interpolated;
  std::uint32_t delay;                // in output samples, exact
  std::size_t rows_per_window;        // neighbouring rows that meet the same window of input
  std::vector<std::uint32_t> starts;  // not interpolated: of each row's window, from that of row 0
  std::vector<Real> rows;

  const Real* row(std::size_t index) const { return rows.data() + index * n_taps; }
};

// What a bank is made for.
struct BankSpec {
  int from_rate_hz;
  int to_rate_hz;
  LowPass filter;
  std::uint32_t input_delay = 0;  // of the input already, in its samples; the delay of the bank counts it in
};

// How the rows are wanted.
struct BankShape {
  std::size_t tap_granularity = 1;  // n_taps is a multiple of it
  bool is_interpolated = false;
  // Rows 0, k, 2k... and the k - 1 after each share the window of the first. It ends with the newest sample
  // that the first may read, so the others wait: the delay grows by k - 1 output samples.
  std::uint32_t rows_per_window = 1;
};

template <typename Real>
PolyphaseBank<Real> make_polyphase_bank(const BankSpec& spec, const BankShape& shape);

}  // namespace electron_local
