#include "audio/choose_filter.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "audio/bank_cache.h"
#include "audio/period_filter.h"
#include "audio/polyphase_filter.h"
#include "audio/polyphase_kernel.h"
#include "audio/two_stage_filter.h"

namespace electron_local {
namespace {

// Above this many coefficients (4 MiB in double) a bank is interpolated.
constexpr std::uint64_t kMaxExactCoefficients = std::uint64_t{1} << 19;

bool fits_exact_bank(const BankSpec& spec) {
  const int lower_rate_hz = std::min(spec.from_rate_hz, spec.to_rate_hz);
  const std::uint64_t n_taps =
      2 * static_cast<std::uint64_t>(spec.filter.half_width) * spec.from_rate_hz / lower_rate_hz;
  return reduce_rates(spec.from_rate_hz, spec.to_rate_hz).n_phases * n_taps <= kMaxExactCoefficients;
}

template <typename Real>
std::unique_ptr<ChannelFilter> make_period_filter(const BankKey& key, const BankSpec& spec) {
  static auto& cache = *new BankCache<PeriodBank<Real>>;
  return std::make_unique<PeriodFilter<Real>>(cache.get(key, [&] { return make_period_bank<Real>(spec); }));
}

template <typename Real>
std::unique_ptr<ChannelFilter> make_polyphase_filter(const BankKey& key, const BankSpec& spec,
                                                     bool is_interpolated,
                                                     std::uint32_t rows_per_window = 1) {
  static auto& exact_cache = *new BankCache<PolyphaseBank<Real>>;
  static auto& interpolated_cache = *new BankCache<PolyphaseBank<Real>>;
  return std::make_unique<PolyphaseFilter<Real>>(
      (is_interpolated ? interpolated_cache : exact_cache).get(key, [&] {
        return make_polyphase_bank<Real>(spec, {kTapGranularity, is_interpolated, rows_per_window});
      }));
}

// Half of the lower rate above it, or as much where that is no whole number: its ratio to the lower rate has
// a period of three samples, and leaves the short filter a wide transition.
int rate_between(int lower_rate_hz) {
  return lower_rate_hz % 2 == 0 ? lower_rate_hz / 2 * 3 : lower_rate_hz * 2;
}

// Not for rates so near that the one between would be above both, unless a single filter would be
// interpolated. The delay of a second filter is too much for the other presets.
bool has_two_stages(const ResamplerOptions& options, const BankSpec& spec) {
  const int from = options.from_rate_hz, to = options.to_rate_hz;
  const bool is_sharp = options.quality == ResamplerQuality::kHq || options.quality == ResamplerQuality::kVhq;
  return is_sharp && (rate_between(std::min(from, to)) <= std::max(from, to) || !fits_exact_bank(spec));
}

template <typename Real>
std::unique_ptr<ChannelFilter> make_stage(const ResamplerOptions& options, BankPlace place,
                                          const BankSpec& spec) {
  const BankKey key{options.from_rate_hz, options.to_rate_hz, options.quality, place};
  if (has_short_period(spec.from_rate_hz, spec.to_rate_hz)) return make_period_filter<Real>(key, spec);
  return make_polyphase_filter<Real>(key, spec, !fits_exact_bank(spec));
}

template <typename Real>
std::unique_ptr<ChannelFilter> make_two_stages(const ResamplerOptions& options) {
  const int from = options.from_rate_hz, to = options.to_rate_hz, lower = std::min(from, to);
  const int between = rate_between(lower);
  const LowPass sharp = design_low_pass(options.quality, lower);
  const LowPass wide = design_wide_low_pass(options.quality, lower, between, std::max(from, to));
  auto first = make_stage<Real>(options, BankPlace::kFirst, {from, between, from == lower ? sharp : wide});
  auto second = make_stage<Real>(
      options, BankPlace::kSecond,
      {between, to, from == lower ? wide : sharp, static_cast<std::uint32_t>(first->delay())});
  return std::make_unique<TwoStageFilter>(std::move(first), reduce_rates(from, between), std::move(second),
                                          reduce_rates(between, to));
}

// As many as the kernel likes, where the delay that they cost leaves kVoice within its 2 ms.
std::uint32_t rows_per_window(const ResamplerOptions& options, const BankSpec& spec) {
  const std::int64_t to = spec.to_rate_hz, lower = std::min(spec.from_rate_hz, spec.to_rate_hz);
  const std::int64_t delay = (spec.filter.half_width * to + lower - 1) / lower + kRowsPerWindow - 1;
  const bool has_room = options.quality == ResamplerQuality::kVoice && delay * 500 <= to;
  return has_room ? kRowsPerWindow : 1;
}

template <typename Real>
std::unique_ptr<ChannelFilter> make_filter(const ResamplerOptions& options) {
  const int from = options.from_rate_hz, to = options.to_rate_hz;
  const BankKey key{from, to, options.quality, BankPlace::kAlone};
  const BankSpec spec{from, to, design_low_pass(options.quality, std::min(from, to))};
  if (options.can_drift) return make_polyphase_filter<Real>(key, spec, true);
  if (has_short_period(from, to)) return make_period_filter<Real>(key, spec);
  if (has_two_stages(options, spec)) return make_two_stages<Real>(options);
  if (!fits_exact_bank(spec)) return make_polyphase_filter<Real>(key, spec, true);
  return make_polyphase_filter<Real>(key, spec, false, rows_per_window(options, spec));
}

// Float sums stay below the stop-band of every preset but the best.
bool needs_double(ResamplerQuality quality) { return quality == ResamplerQuality::kVhq; }

}  // namespace

std::unique_ptr<ChannelFilter> choose_filter(const ResamplerOptions& options) {
  return needs_double(options.quality) ? make_filter<double>(options) : make_filter<float>(options);
}

}  // namespace electron_local
