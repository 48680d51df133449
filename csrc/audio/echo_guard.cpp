#include "audio/echo_guard.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace electron_local {
namespace {

constexpr float kLevelSmoothing = 0.9f;
constexpr float kAudibleLevel = 1e-8f;    // -80 dB of full scale
constexpr float kDivergence = 1.02f;      // the residual is louder than the microphone
constexpr std::size_t kGraceBlocks = 25;  // after a restart
constexpr float kReducedBy = 16.0f;       // 12 dB
constexpr std::size_t kReducedBlocks = 60;
constexpr std::size_t kAudibleBlocks = 125;

constexpr float kLeakageSmoothing = 0.02f;
constexpr float kLeastLeakage = 0.06f;
constexpr float kOverestimate = 6.0f;
constexpr float kTailDecay = 0.6f;      // of a block
constexpr float kLeastGain = 0.003f;    // -50 dB
constexpr std::size_t kVoiceBegin = 9;  // 280 Hz
constexpr std::size_t kVoiceEnd = 64;   // 2 kHz
constexpr float kTiny = 1e-12f;

float mean_square(const float* samples, std::size_t n_samples) {
  float sum = 0.0f;
  for (std::size_t i = 0; i < n_samples; ++i) sum += samples[i] * samples[i];
  return sum / static_cast<float>(n_samples);
}

float power(const Bins& spectrum, std::size_t k) {
  return spectrum.re[k] * spectrum.re[k] + spectrum.im[k] * spectrum.im[k];
}

}  // namespace

EchoGuard::EchoGuard()
    : likeness_(kEchoBins), fft_(kEchoFft), residual_spectrum_(kEchoBins), echo_spectrum_(kEchoBins) {
  // The square root of a Hann window before and behind: halves that overlap add up to 1.
  for (std::size_t i = 0; i < kEchoFft; ++i) {
    window_[i] = static_cast<float>(std::sin(std::acos(-1.0) * static_cast<double>(i) / kEchoFft));
  }
  reset();
}

void EchoGuard::reset() {
  filter_ = EchoFilter();
  likeness_.reset();
  for (auto* block : {&microphone_, &played_, &ready_}) block->fill(0.0f);
  for (auto* blocks : {&residual_, &echo_, &overlap_}) blocks->fill(0.0f);
  gain_.assign(kEchoBins, 1.0f);
  for (auto* bins : {&echo_power_, &echo_mean_, &residual_mean_, &covariance_, &variance_}) {
    bins->assign(kEchoBins, 0.0f);
  }
  microphone_level_ = residual_level_ = 0.0f;
  n_filled_ = n_since_restart_ = n_audible_ = n_reduced_ = 0;
}

bool EchoGuard::is_converged() const { return n_reduced_ >= kReducedBlocks || n_audible_ >= kAudibleBlocks; }

float EchoGuard::echo_reduction_db() const {
  return 10.0f * std::log10((microphone_level_ + kTiny) / (residual_level_ + kTiny));
}

void EchoGuard::process(const float* microphone, const float* played, std::size_t n_samples, float* output) {
  while (n_samples > 0) {
    const std::size_t n = std::min(n_samples, kEchoBlock - n_filled_);
    std::copy(microphone, microphone + n, microphone_.begin() + static_cast<std::ptrdiff_t>(n_filled_));
    std::copy(played, played + n, played_.begin() + static_cast<std::ptrdiff_t>(n_filled_));
    std::copy_n(ready_.begin() + static_cast<std::ptrdiff_t>(n_filled_), n, output);
    n_filled_ += n;
    microphone += n;
    played += n;
    output += n;
    n_samples -= n;
    if (n_filled_ == kEchoBlock) process_block();
  }
}

void EchoGuard::process_block() {
  std::copy(residual_.begin() + kEchoBlock, residual_.end(), residual_.begin());
  std::copy(echo_.begin() + kEchoBlock, echo_.end(), echo_.begin());
  filter_.process(microphone_.data(), played_.data(), echo_.data() + kEchoBlock,
                  residual_.data() + kEchoBlock);
  transform(residual_, residual_spectrum_);
  transform(echo_, echo_spectrum_);
  likeness_.update(residual_spectrum_, echo_spectrum_);
  watch();
  suppress();
  n_filled_ = 0;
}

void EchoGuard::transform(const std::array<float, kEchoFft>& samples, Bins& spectrum) {
  std::array<float, kEchoFft> windowed;
  for (std::size_t i = 0; i < kEchoFft; ++i) windowed[i] = samples[i] * window_[i];
  fft_.forward(windowed.data(), spectrum);
}

// Counts towards convergence. Two signs say that the room has changed, where speech of the talker gives none:
// the residual is like the echo that was subtracted, or it is louder than the microphone.
void EchoGuard::watch() {
  const float microphone = mean_square(microphone_.data(), kEchoBlock);
  const float residual = mean_square(residual_.data() + kEchoBlock, kEchoBlock);
  const auto smooth = [](float& level, float value) {
    level = kLevelSmoothing * level + (1.0f - kLevelSmoothing) * value;
  };
  smooth(microphone_level_, microphone);
  smooth(residual_level_, residual);
  ++n_since_restart_;
  if (!filter_.hears_echo() || microphone_level_ < kAudibleLevel) return;
  ++n_audible_;
  if (microphone_level_ > kReducedBy * residual_level_) ++n_reduced_;
  const bool diverges =
      residual_level_ > kDivergence * microphone_level_ || (is_converged() && likeness_.is_echo());
  if (diverges && n_since_restart_ > kGraceBlocks) {
    filter_.restart();
    likeness_.reset();
    residual_level_ = 0.0f;
    n_since_restart_ = n_audible_ = n_reduced_ = 0;
  }
}

// How open the bins are where every voiced sound has formants.
float EchoGuard::voice_share() const {
  const auto* gains = gain_.data();
  return std::accumulate(gains + kVoiceBegin, gains + kVoiceEnd, 0.0f) / (kVoiceEnd - kVoiceBegin);
}

void EchoGuard::suppress() {
  // The leakage is the slope of the residual's power over the echo's, as both go up and down with the bot's
  // speech: the talker's speech has no part in it.
  float covariance = 0.0f, variance = 0.0f;
  for (std::size_t k = 0; k < kEchoBins; ++k) {
    const float residual = power(residual_spectrum_, k), echo = power(echo_spectrum_, k);
    echo_power_[k] = std::max(kTailDecay * echo_power_[k], echo);
    residual_mean_[k] += kLeakageSmoothing * (residual - residual_mean_[k]);
    echo_mean_[k] += kLeakageSmoothing * (echo - echo_mean_[k]);
    const float residual_swing = residual - residual_mean_[k], echo_swing = echo - echo_mean_[k];
    covariance_[k] += kLeakageSmoothing * (residual_swing * echo_swing - covariance_[k]);
    variance_[k] += kLeakageSmoothing * (echo_swing * echo_swing - variance_[k]);
    covariance += covariance_[k];
    variance += variance_[k];
  }
  const float leakage = std::clamp(covariance / (variance + kTiny), kLeastLeakage, 1.0f);
  const bool is_unsafe = filter_.hears_echo() && !is_converged();

  for (std::size_t k = 0; k < kEchoBins; ++k) {
    const float left = kOverestimate * leakage * echo_power_[k] + filter_.uncertainty()[k];
    float gain = std::max(1.0f - left / (power(residual_spectrum_, k) + kTiny), kLeastGain);
    if (is_unsafe) gain = kLeastGain;
    gain_[k] = gain < gain_[k] ? gain : 0.5f * (gain_[k] + gain);
  }
  const float most = filter_.hears_echo() ? voice_share() : 1.0f;
  for (std::size_t k = 0; k < kEchoBins; ++k) {
    const bool is_voice_band = k >= kVoiceBegin && k < kVoiceEnd;
    const float gain = is_voice_band ? gain_[k] : std::min(gain_[k], most);
    residual_spectrum_.re[k] *= gain;
    residual_spectrum_.im[k] *= gain;
  }
  std::array<float, kEchoFft> windowed;
  fft_.inverse(residual_spectrum_, windowed.data());
  std::copy(overlap_.begin() + kEchoBlock, overlap_.end(), overlap_.begin());
  std::fill(overlap_.begin() + kEchoBlock, overlap_.end(), 0.0f);
  for (std::size_t i = 0; i < kEchoFft; ++i) overlap_[i] += windowed[i] * window_[i];
  std::copy_n(overlap_.begin(), kEchoBlock, ready_.begin());
}

}  // namespace electron_local
