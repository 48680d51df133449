#include "audio/echo_likeness.h"

#include <algorithm>
#include <cmath>

namespace electron_local {
namespace {

constexpr float kSmoothing = 0.8f;
constexpr std::size_t kFirstBin = 4;      // 125 Hz of bins 31 Hz apart
constexpr std::size_t kEndBin = 200;      // 6.25 kHz
constexpr float kLeastCoherence = 0.45f;  // two talkers reach 0.36 in 99 of 100 blocks
constexpr float kLeastShare = 0.25f;      // of the residual against the echo: 6 dB below
constexpr float kAudiblePower = 0.1f;     // of the echo, over the bins of a transform of 512
constexpr float kQuickSmoothing = 0.6f;
constexpr float kOpposed = -0.4f;  // a talker over the echo has -0.05 +- 0.1
constexpr float kOpposedShare =
    0.4f;  // of the residual: what a clipping loudspeaker adds is opposed, and weaker
constexpr float kPhaseRange = 1e-3f;  // bins of the echo 30 dB below the strongest tell nothing
constexpr float kTiny = 1e-20f;

}  // namespace

EchoLikeness::EchoLikeness(std::size_t n_bins)
    : cross_(n_bins), residual_power_(n_bins), echo_power_(n_bins) {}

void EchoLikeness::reset() {
  cross_ = Bins(cross_.n_bins());
  std::fill(residual_power_.begin(), residual_power_.end(), 0.0f);
  std::fill(echo_power_.begin(), echo_power_.end(), 0.0f);
  n_alike_ = n_opposed_ = 0;
  phase_ = quick_residual_sum_ = quick_echo_sum_ = 0.0f;
}

void EchoLikeness::update(const Bins& residual, const Bins& echo) {
  const auto smooth = [](float& mean, float value) {
    mean = kSmoothing * mean + (1.0f - kSmoothing) * value;
    return mean;
  };
  float coherent = 0.0f, residual_sum = 0.0f, echo_sum = 0.0f;
  for (std::size_t k = kFirstBin; k < std::min(kEndBin, cross_.n_bins()); ++k) {
    const float re = residual.re[k], im = residual.im[k], x = echo.re[k], y = echo.im[k];
    const float cross_re = smooth(cross_.re[k], re * x + im * y);
    const float cross_im = smooth(cross_.im[k], im * x - re * y);
    residual_sum += smooth(residual_power_[k], re * re + im * im);
    const float echo_power = smooth(echo_power_[k], x * x + y * y);
    echo_sum += echo_power;
    coherent += (cross_re * cross_re + cross_im * cross_im) / (echo_power + kTiny);
  }
  const bool is_alike = coherent > kLeastCoherence * residual_sum && residual_sum > kLeastShare * echo_sum &&
                        echo_sum > kAudiblePower;
  n_alike_ = is_alike ? n_alike_ + 1 : 0;
  compare_phases(residual, echo);
}

void EchoLikeness::compare_phases(const Bins& residual, const Bins& echo) {
  const auto power = [](const Bins& bins, std::size_t k) {
    return bins.re[k] * bins.re[k] + bins.im[k] * bins.im[k];
  };
  const std::size_t end = std::min(kEndBin, cross_.n_bins());
  float strongest = 0.0f;
  for (std::size_t k = kFirstBin; k < end; ++k) strongest = std::max(strongest, power(echo, k));
  float cosines = 0.0f, residual_sum = 0.0f, echo_sum = 0.0f;
  std::size_t n_counted = 0;
  for (std::size_t k = kFirstBin; k < end; ++k) {
    const float residual_power = power(residual, k), echo_power = power(echo, k);
    residual_sum += residual_power;
    echo_sum += echo_power;
    if (echo_power <= kPhaseRange * strongest) continue;
    const float product = residual.re[k] * echo.re[k] + residual.im[k] * echo.im[k];
    cosines += product / (std::sqrt(residual_power * echo_power) + kTiny);
    ++n_counted;
  }
  const auto smooth = [](float& mean, float value) {
    mean = kQuickSmoothing * mean + (1.0f - kQuickSmoothing) * value;
  };
  smooth(phase_, n_counted == 0 ? 0.0f : cosines / static_cast<float>(n_counted));
  smooth(quick_residual_sum_, residual_sum);
  smooth(quick_echo_sum_, echo_sum);
  const bool is_opposed = phase_ < kOpposed && quick_residual_sum_ > kOpposedShare * quick_echo_sum_ &&
                          quick_echo_sum_ > kAudiblePower;
  n_opposed_ = is_opposed ? n_opposed_ + 1 : 0;
}

}  // namespace electron_local
