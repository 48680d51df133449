#include "audio/low_pass.h"

#include <algorithm>
#include <cmath>

namespace electron_local {
namespace {

constexpr double kPi = 3.14159265358979323846;

// Width in samples times transition in radians of a Kaiser window of this attenuation.
double width_times_transition(double attenuation_db) { return (attenuation_db - 8.0) / 2.285; }

LowPass with_half_width(double attenuation_db, int half_width) {
  const double transition = width_times_transition(attenuation_db) / (2 * half_width * kPi);
  return {1.0 - transition / 2, half_width, 0.1102 * (attenuation_db - 8.7)};
}

LowPass with_transition(double attenuation_db, double transition) {
  const double width = width_times_transition(attenuation_db) / (transition * kPi);
  return with_half_width(attenuation_db, static_cast<int>(std::ceil(width / 2)));
}

// As many taps as a pass-band to kPassEdge needs, or as 2 ms of delay leave room for. Where those are fewer
// the pass-band keeps its edge and the transition reaches beyond the Nyquist frequency: the telephone band
// ends at 0.85 of it.
LowPass within_2_ms(int lower_rate_hz) {
  constexpr double kAttenuationDb = 70.4, kPassEdge = 0.85;
  const int delay_limit = lower_rate_hz / 500 - 1;  // aligning the delay may cost an output sample
  LowPass filter = with_half_width(kAttenuationDb, std::min(29, std::max(15, delay_limit)));
  const double transition = 2 * (1.0 - filter.cutoff);
  filter.cutoff = std::max(filter.cutoff, kPassEdge + transition / 2);
  return filter;
}

// The modified Bessel function of the first kind, order 0, by its power series.
double bessel_i0(double x) {
  const double quarter_square = x * x / 4;
  double sum = 1.0, term = 1.0;
  for (int k = 1; term > 1e-17 * sum; ++k) {
    term *= quarter_square / (static_cast<double>(k) * k);
    sum += term;
  }
  return sum;
}

}  // namespace

double LowPass::operator()(double time) const {
  const double position = time / half_width;
  if (position <= -1.0 || position >= 1.0) return 0.0;
  const double window = bessel_i0(beta * std::sqrt(1.0 - position * position)) / bessel_i0(beta);
  const double angle = kPi * cutoff * time;
  const double sinc = std::abs(angle) < 1e-9 ? 1.0 : std::sin(angle) / angle;
  return cutoff * sinc * window;
}

LowPass design_low_pass(ResamplerQuality quality, int lower_rate_hz) {
  switch (quality) {
    case ResamplerQuality::kFast:
      return with_half_width(62.0, 15);
    case ResamplerQuality::kVoice:
      return within_2_ms(lower_rate_hz);
    case ResamplerQuality::kHq:
      return with_transition(122.0, 0.087);
    case ResamplerQuality::kVhq:
      return with_transition(152.0, 0.087);
  }
  return {};
}

LowPass design_wide_low_pass(ResamplerQuality quality, int kept_rate_hz, int between_rate_hz,
                             int other_rate_hz) {
  const double attenuation_db = quality == ResamplerQuality::kVhq ? 154.0 : 124.0;
  const double unit_hz = std::min(between_rate_hz, other_rate_hz);
  LowPass filter = with_transition(attenuation_db, 2 * (between_rate_hz - kept_rate_hz) / unit_hz);
  filter.cutoff = between_rate_hz / unit_hz;
  return filter;
}

}  // namespace electron_local
