#include "audio/polyphase_bank.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace electron_local {
namespace {

// Cubic interpolation between rows this close, in samples of the lower rate, errs by less than -170 dB.
constexpr double kRowsPerLowerSample = 256.0;

std::uint32_t ceil_divide(std::uint64_t numerator, std::uint64_t denominator) {
  return static_cast<std::uint32_t>((numerator + denominator - 1) / denominator);
}

}  // namespace

RateRatio reduce_rates(int from_rate_hz, int to_rate_hz) {
  const int divisor = std::gcd(from_rate_hz, to_rate_hz);
  return {static_cast<std::uint64_t>(to_rate_hz / divisor),
          static_cast<std::uint64_t>(from_rate_hz / divisor)};
}

template <typename Real>
PolyphaseBank<Real> make_polyphase_bank(const BankSpec& spec, const BankShape& shape) {
  const int from_rate_hz = spec.from_rate_hz, to_rate_hz = spec.to_rate_hz;
  const int lower_rate_hz = std::min(from_rate_hz, to_rate_hz);
  const double lower_per_input = static_cast<double>(lower_rate_hz) / from_rate_hz;
  const LowPass& filter = spec.filter;

  PolyphaseBank<Real> bank;
  const std::uint64_t from = from_rate_hz, to = to_rate_hz, lower = lower_rate_hz;
  bank.delay =
      ceil_divide(static_cast<std::uint64_t>(filter.half_width) * to * from + spec.input_delay * to * lower,
                  lower * from) +
      shape.rows_per_window - 1;
  bank.rows_per_window = shape.rows_per_window;
  const double delay_input_samples =
      static_cast<double>(bank.delay) * from_rate_hz / to_rate_hz - spec.input_delay;
  const double reach = delay_input_samples + filter.half_width / lower_per_input;
  const std::size_t n_used_taps = static_cast<std::size_t>(std::floor(reach)) + 1;
  bank.n_taps = (n_used_taps + shape.tap_granularity - 1) / shape.tap_granularity * shape.tap_granularity;

  const RateRatio ratio = reduce_rates(from_rate_hz, to_rate_hz);
  bank.is_interpolated = shape.is_interpolated;
  bank.n_rows = bank.is_interpolated
                    ? static_cast<std::uint32_t>(std::ceil(kRowsPerLowerSample * lower_per_input))
                    : static_cast<std::uint32_t>(ratio.n_phases);
  const int first = bank.is_interpolated ? -1 : 0;
  const int last = static_cast<int>(bank.n_rows) + (bank.is_interpolated ? 2 : 0);

  bank.rows.reserve((last - first) * bank.n_taps);
  std::vector<double> row(bank.n_taps);
  for (int index = first; index < last; ++index) {
    const int step = bank.is_interpolated
                         ? index
                         : static_cast<int>(static_cast<std::uint64_t>(index) * ratio.step % ratio.n_phases);
    std::uint64_t lag = 0;  // of the window's newest sample, behind the newest that this row might read
    if (!bank.is_interpolated) {
      const std::uint64_t number = static_cast<std::uint64_t>(index);
      const std::uint64_t first_number = number - number % shape.rows_per_window;
      const std::uint64_t start = first_number * ratio.step / ratio.n_phases;
      lag = number * ratio.step / ratio.n_phases - start;
      bank.starts.push_back(static_cast<std::uint32_t>(start));
    }
    const double offset = static_cast<double>(step) / bank.n_rows - delay_input_samples;
    for (std::size_t tap = 0; tap < bank.n_taps; ++tap) {
      const double age = static_cast<double>(bank.n_taps - 1 - tap + lag);
      row[tap] = filter((offset + age) * lower_per_input);
    }
    // A row sums to 1, so a constant stays that constant.
    const double sum = std::accumulate(row.begin(), row.end(), 0.0);
    for (const double coefficient : row) bank.rows.push_back(static_cast<Real>(coefficient / sum));
  }
  return bank;
}

template PolyphaseBank<float> make_polyphase_bank<float>(const BankSpec&, const BankShape&);
template PolyphaseBank<double> make_polyphase_bank<double>(const BankSpec&, const BankShape&);

}  // namespace electron_local
