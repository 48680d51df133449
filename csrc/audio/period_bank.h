// The coefficients of a ratio whose outputs soon repeat their phases: after one period of n_outputs the same
// coefficients meet the next n_inputs samples.
//
//   input    a b c d e f g h i j k l       in planes:   a d g j      48 -> 16 kHz, in periods of
//   output   0     1     2     3                        b e h k      3 inputs and 1 output
//                                                       c f i l
// The input is stored as n_inputs planes, one for each place in a period. Then a coefficient of an output
// meets neighbouring samples in neighbouring periods: the lanes of a vector are periods, no sum crosses
// lanes, and columns of outputs that stand side by side share what is loaded.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "audio/polyphase_bank.h"

namespace electron_local {

// A vector that is loaded serves so many sums.
constexpr int kMaxColumns = 3;

// Kernels work in whole vectors and may touch this many periods beyond the last.
constexpr std::size_t kPeriodSlack = 16;

// Where a tap reads, from the oldest sample of the first plane that a period uses, and what it multiplies by:
// coefficients[tap * n_columns + column].
template <typename Real>
struct Taps {
  std::vector<std::int32_t> offsets;
  std::vector<Real> coefficients;
};

// Neighbouring outputs of a period. Most taps serve all of them; a few at the ends serve one.
template <typename Real>
struct ColumnGroup {
  int n_columns;  // 2 or 3
  int first_column;
  std::array<Taps<Real>, kMaxColumns> own;  // by column
  Taps<Real> shared;
};

template <typename Real>
struct PeriodBank {
  std::size_t n_outputs;  // in one period
  std::size_t n_inputs;
  std::size_t n_history;       // periods before its own that an output reads
  std::size_t plane_capacity;  // samples in one plane: tap offsets count on it
  std::size_t n_block;         // input samples that fit in beside the history
  std::size_t delay;           // in output samples
  std::vector<ColumnGroup<Real>> groups;
};

// True when a 20 ms piece holds enough periods to fill vectors.
bool has_short_period(int from_rate_hz, int to_rate_hz);

template <typename Real>
PeriodBank<Real> make_period_bank(const BankSpec& spec);

}  // namespace electron_local
