// The inner loop of ratios with a short period.
#pragma once

#include <cstddef>

#include "audio/period_bank.h"

namespace electron_local {

// Sums of a group for n_periods periods from `input` (the sample that tap offsets count from) on:
// sums[column * stride + period]. Works in whole vectors: reads and writes up to kPeriodSlack periods beyond
// n_periods, whose sums mean nothing. Each sum runs over the taps one after the other, fused
// multiply-adds except on baseline x86-64: all other instruction sets agree to the bit.
template <typename Real>
void convolve_periods(const ColumnGroup<Real>& group, const Real* input, std::size_t n_periods, Real* sums,
                      std::size_t stride);

}  // namespace electron_local
