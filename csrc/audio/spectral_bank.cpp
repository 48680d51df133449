#include "audio/spectral_bank.h"

#include <algorithm>
#include <cmath>

#include "audio/polyphase_bank.h"

namespace electron_local {
namespace {

// What a batch of larger blocks does not leave in the second-level cache costs more than it saves.
constexpr std::size_t kMaxPoints = 4096;

// The response of the filter at bins of the lower rate: the filter is taken at twice that rate, so its
// transition does not fold.
template <typename Real>
std::vector<Real> response(const LowPass& filter, std::size_t n_lower, double scale) {
  const double turn = 2.0 * std::acos(-1.0) / static_cast<double>(2 * n_lower);
  std::vector<double> cosine(2 * n_lower);
  for (std::size_t i = 0; i < cosine.size(); ++i) cosine[i] = std::cos(turn * static_cast<double>(i));
  const auto n_taps = static_cast<std::size_t>(2 * filter.half_width);
  std::vector<double> taps(n_taps);
  double at_zero = 0.0;
  for (std::size_t m = 0; m < n_taps; ++m) {
    taps[m] = filter(0.5 * static_cast<double>(m)) * (m == 0 ? 1.0 : 2.0);
    at_zero += taps[m];
  }
  std::vector<Real> gains;
  for (std::size_t k = 0; k < n_lower / 2; ++k) {
    double sum = 0.0;
    for (std::size_t m = 0; m < n_taps; ++m) sum += taps[m] * cosine[k * m % cosine.size()];
    gains.push_back(static_cast<Real>(sum / at_zero * scale));
  }
  return gains;
}

struct BlockPlan {
  std::size_t n_periods;  // in a block; 0: none fits
  std::size_t n_before;   // periods that reach back
  std::size_t n_used;     // periods that are given out
};

// The quickest: operations an output, counted as points times their logarithm.
BlockPlan plan_blocks(const RateRatio& ratio, int half_width) {
  const auto width = static_cast<std::size_t>(half_width);
  const std::size_t lower = std::min(ratio.step, ratio.n_phases);
  const std::size_t n_before = (width + lower - 1) / lower;
  BlockPlan best{0, n_before, 0};
  double least = 0.0;
  for (std::size_t n = 2; n * std::max(ratio.step, ratio.n_phases) <= kMaxPoints; ++n) {
    if (!is_fft_size(n * ratio.step) || !is_fft_size(n * ratio.n_phases) || n * lower % 2 != 0) continue;
    if (n * lower <= (n_before + 1) * lower + width) continue;
    const std::size_t n_used = (n * lower - n_before * lower - width) / lower;
    const auto points = [&](std::size_t n_a_period) {
      const auto n_points = static_cast<double>(n * n_a_period);
      return n_points * std::log2(n_points);
    };
    const double cost = (points(ratio.step) + points(ratio.n_phases)) / static_cast<double>(n_used);
    if (best.n_periods == 0 || cost < least) best = {n, n_before, n_used}, least = cost;
  }
  return best;
}

}  // namespace

template <typename Real>
std::optional<SpectralBank<Real>> make_spectral_bank(const ResamplerOptions& options) {
  const RateRatio ratio = reduce_rates(options.from_rate_hz, options.to_rate_hz);
  const LowPass filter = design_low_pass(options.quality, std::min(options.from_rate_hz, options.to_rate_hz));
  const BlockPlan plan = plan_blocks(ratio, filter.half_width);
  if (plan.n_periods == 0) return std::nullopt;
  const std::size_t n_in = plan.n_periods * ratio.step, n_out = plan.n_periods * ratio.n_phases;
  return SpectralBank<Real>{
      make_block_fft<Real>(n_in),
      make_block_fft<Real>(n_out),
      response<Real>(filter, std::min(n_in, n_out), 1.0 / static_cast<double>(n_in)),
      plan.n_used * ratio.step,
      plan.n_used * ratio.n_phases,
      plan.n_before * ratio.step,
      plan.n_before * ratio.n_phases,
  };
}

template std::optional<SpectralBank<float>> make_spectral_bank<float>(const ResamplerOptions&);
template std::optional<SpectralBank<double>> make_spectral_bank<double>(const ResamplerOptions&);

}  // namespace electron_local
