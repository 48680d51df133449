#include "audio/level_control.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/error.h"

namespace electron_local {
namespace {

constexpr double kHighPassHz = 10.0;
constexpr double kPowerS = 0.01, kLevelFallS = 0.4;
constexpr double kGainRiseDbPerS = 6.0, kGainFallDbPerS = 30.0;
constexpr double kLimiterReleaseS = 0.05;
constexpr float kGatePower = 3.2e-6f;  // -55 dB: below is no speech
constexpr float kNothing = 1e-20f;     // less is zero: the filters would sink into denormal numbers, and stay

float or_zero(float value) { return std::abs(value) < kNothing ? 0.0f : value; }

void check(const char* name, double value, double least, double greatest) {
  if (value >= least && value <= greatest) return;
  throw InvalidArgument(std::string(name) + " must lie between " + std::to_string(least) + " and " +
                        std::to_string(greatest) + ", got " + std::to_string(value));
}

float from_db(double db) { return static_cast<float>(std::pow(10.0, db / 20.0)); }

// The share of a step that one sample takes of an exponential with this time constant.
float share(double seconds, double rate_hz) {
  return static_cast<float>(1.0 - std::exp(-1.0 / (seconds * rate_hz)));
}

}  // namespace

LevelControl::LevelControl(const LevelOptions& options) : options_(options) {
  check("sample_rate", options.sample_rate_hz, 4000, 192000);
  check("target_db", options.target_db, -60, -6);
  check("max_gain_db", options.max_gain_db, 0, 60);
  check("ceiling_db", options.ceiling_db, -20, 0);
  const double rate = options.sample_rate_hz;
  pole_ = static_cast<float>(1.0 - 2.0 * std::acos(-1.0) * kHighPassHz / rate);
  power_share_ = share(kPowerS, rate);
  level_fall_ = share(kLevelFallS, rate);
  gain_rise_ = from_db(kGainRiseDbPerS / rate);
  gain_fall_ = from_db(-kGainFallDbPerS / rate);
  limiter_release_ = share(kLimiterReleaseS, rate);
  target_power_ = from_db(options.target_db) * from_db(options.target_db);
  max_gain_ = from_db(options.max_gain_db);
  ceiling_ = from_db(options.ceiling_db);
}

void LevelControl::reset() {
  last_input_ = last_blocked_ = power_ = level_ = 0.0f;
  gain_ = limiter_ = 1.0f;
}

float LevelControl::gain_db() const { return 20.0f * std::log10(gain_); }

void LevelControl::process(const float* input, std::size_t n_samples, float* output) {
  for (std::size_t i = 0; i < n_samples; ++i) {
    const float blocked = or_zero(input[i] - last_input_ + pole_ * last_blocked_);
    last_input_ = input[i];
    last_blocked_ = blocked;

    power_ = or_zero(power_ + power_share_ * (blocked * blocked - power_));
    level_ = or_zero(std::max(power_, level_ - level_fall_ * level_));
    if (level_ > kGatePower) {
      const bool is_loud = level_ * gain_ * gain_ > target_power_;
      gain_ = std::clamp(gain_ * (is_loud ? gain_fall_ : gain_rise_), 1.0f / max_gain_, max_gain_);
    }

    const float amplified = blocked * gain_;
    const float peak = std::abs(amplified);
    limiter_ += limiter_release_ * (1.0f - limiter_);
    if (peak * limiter_ > ceiling_) limiter_ = ceiling_ / peak;
    output[i] = std::clamp(amplified * limiter_, -ceiling_, ceiling_);
  }
}

}  // namespace electron_local
