#include "audio/period_bank.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace electron_local {
namespace {

constexpr int kLeastPeriodsPerSecond = 2000;

// Small enough for the first-level cache.
constexpr std::size_t kBlockSamples = 2048;
constexpr std::size_t kLeastBlockPeriods = 64;

constexpr double kZero = 1e-13;  // below what sin(pi k) leaves of 0

std::ptrdiff_t floor_divide(std::ptrdiff_t a, std::ptrdiff_t b) {
  return a >= 0 ? a / b : -((b - 1 - a) / b);
}

// The ends before the middle: small products are added before large ones, so rounding errors stay small.
std::vector<std::ptrdiff_t> outside_in(std::ptrdiff_t first, std::ptrdiff_t last) {
  std::vector<std::ptrdiff_t> order;
  while (first < last) {
    order.push_back(first++);
    order.push_back(last--);
  }
  if (first == last) order.push_back(first);
  return order;
}

}  // namespace

bool has_short_period(int from_rate_hz, int to_rate_hz) {
  return std::gcd(from_rate_hz, to_rate_hz) >= kLeastPeriodsPerSecond;
}

template <typename Real>
PeriodBank<Real> make_period_bank(const BankSpec& spec) {
  const RateRatio ratio = reduce_rates(spec.from_rate_hz, spec.to_rate_hz);
  const PolyphaseBank<Real> rows = make_polyphase_bank<Real>(spec, {});
  const std::size_t n_joined = ratio.n_phases == 1 ? kMaxColumns : 1;  // periods joined into one
  PeriodBank<Real> bank;
  bank.n_outputs = ratio.n_phases * n_joined;
  bank.n_inputs = ratio.step * n_joined;
  bank.delay = rows.delay;

  const auto n_inputs = static_cast<std::ptrdiff_t>(bank.n_inputs);
  const auto newest = [&](std::size_t column) {
    return static_cast<std::ptrdiff_t>(column * ratio.step / ratio.n_phases);
  };
  const auto oldest = [&](std::size_t column) {
    return newest(column) - static_cast<std::ptrdiff_t>(rows.n_taps) + 1;
  };
  bank.n_history = static_cast<std::size_t>(-floor_divide(oldest(0), n_inputs));
  const std::size_t n_block_periods = std::max(kLeastBlockPeriods, kBlockSamples / bank.n_inputs);
  bank.n_block = n_block_periods * bank.n_inputs;
  bank.plane_capacity = bank.n_history + n_block_periods + kPeriodSlack + 2;

  const auto coefficient = [&](std::ptrdiff_t sample, std::size_t column) {
    return rows.row(column % ratio.n_phases)[sample - oldest(column)];
  };
  // A tap that is zero for all its columns, as every second one of a half-band filter, is left out.
  const auto add = [&](Taps<Real>& taps, std::ptrdiff_t sample, std::size_t first_column,
                       std::size_t end_column) {
    bool is_zero = true;
    for (std::size_t column = first_column; column < end_column; ++column) {
      is_zero = is_zero && std::abs(coefficient(sample, column)) < kZero;
    }
    if (is_zero) return;
    const std::ptrdiff_t period = floor_divide(sample, n_inputs);
    const std::ptrdiff_t plane = sample - period * n_inputs;
    taps.offsets.push_back(
        static_cast<std::int32_t>(plane * static_cast<std::ptrdiff_t>(bank.plane_capacity) + period +
                                  static_cast<std::ptrdiff_t>(bank.n_history)));
    for (std::size_t column = first_column; column < end_column; ++column) {
      taps.coefficients.push_back(coefficient(sample, column));
    }
  };

  const std::size_t n_groups = (bank.n_outputs + kMaxColumns - 1) / kMaxColumns;
  for (std::size_t i = 0; i < n_groups; ++i) {
    const std::size_t first = i * bank.n_outputs / n_groups, end = (i + 1) * bank.n_outputs / n_groups;
    const std::ptrdiff_t shared_first = oldest(end - 1), shared_last = newest(first);
    ColumnGroup<Real> group{static_cast<int>(end - first), static_cast<int>(first), {}, {}};
    for (std::size_t column = first; column < end; ++column) {
      Taps<Real>& own = group.own[column - first];
      for (const std::ptrdiff_t sample : outside_in(oldest(column), newest(column))) {
        if (sample < shared_first || sample > shared_last) add(own, sample, column, column + 1);
      }
    }
    for (const std::ptrdiff_t sample : outside_in(shared_first, shared_last)) {
      add(group.shared, sample, first, end);
    }
    bank.groups.push_back(std::move(group));
  }
  return bank;
}

template PeriodBank<float> make_period_bank<float>(const BankSpec&);
template PeriodBank<double> make_period_bank<double>(const BankSpec&);

}  // namespace electron_local
