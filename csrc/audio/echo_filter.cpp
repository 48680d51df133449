#include "audio/echo_filter.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace electron_local {
namespace {

constexpr float kTransition = 0.9985f;  // of the room's response from block to block
constexpr float kNearSmoothing = 0.7f;  // of the power of what is not echo
constexpr float kInitialNearPower = 1e-3f;
constexpr float kAudiblePower = 1e-3f;  // of a played spectrum: -57 dB of full scale
constexpr float kLeastPower = 1e-9f;

constexpr float kDelaySmoothing = 0.98f;
constexpr std::size_t kHistory = kEchoDelays + kEchoPartitions;
constexpr std::size_t kVotesToMove = 16;  // blocks, a quarter of a second
constexpr float kLeastCoherence = 0.05f;  // mean over the bins; below there is no echo to speak of
constexpr float kEarlyShare = 0.5f;       // the first delay with this share of the best is the direct path

// Reverberation of 0.3 s, the variance expected of a partition before anything is known.
float initial_variance(std::size_t partition) {
  const float seconds = static_cast<float>(partition * kEchoBlock) / kEchoRateHz;
  return std::pow(10.0f, -3.0f * seconds / 0.3f);
}

float mean_power(const Bins& spectrum) {
  float sum = 0.0f;
  for (std::size_t k = 0; k < kEchoBins; ++k)
    sum += spectrum.re[k] * spectrum.re[k] + spectrum.im[k] * spectrum.im[k];
  return sum / kEchoBins;
}

}  // namespace

EchoFilter::EchoFilter()
    : fft_(kEchoFft),
      history_(kHistory, Bins(kEchoBins)),
      history_power_(kHistory),
      last_played_(kEchoFft),
      response_(kEchoPartitions, Bins(kEchoBins)),
      variance_(kEchoPartitions, std::vector<float>(kEchoBins)),
      near_power_(kEchoBins),
      uncertainty_(kEchoBins),
      coherence_(kEchoDelays, Bins(kEchoBins)),
      played_power_(kEchoBins),
      microphone_power_(kEchoBins),
      block_(kEchoFft),
      sum_(kEchoBins),
      gradient_(kEchoBins) {
  restart();
}

void EchoFilter::restart() {
  for (std::size_t p = 0; p < kEchoPartitions; ++p) {
    response_[p] = Bins(kEchoBins);
    std::fill(variance_[p].begin(), variance_[p].end(), initial_variance(p));
  }
  std::fill(near_power_.begin(), near_power_.end(), kInitialNearPower);
}

const Bins& EchoFilter::played(std::size_t blocks_ago) const {
  return history_[(newest_ + blocks_ago) % kHistory];
}

bool EchoFilter::hears_echo() const {
  for (std::size_t p = 0; p < kEchoPartitions; ++p) {
    if (history_power_[(newest_ + delay_ + p) % kHistory] > kAudiblePower) return true;
  }
  return false;
}

void EchoFilter::remember_played(const float* played) {
  std::copy(last_played_.begin() + kEchoBlock, last_played_.end(), last_played_.begin());
  std::copy(played, played + kEchoBlock, last_played_.begin() + kEchoBlock);
  newest_ = (newest_ + kHistory - 1) % kHistory;
  fft_.forward(last_played_.data(), history_[newest_]);
  history_power_[newest_] = mean_power(history_[newest_]);
}

void EchoFilter::process(const float* microphone, const float* played_block, float* echo, float* residual) {
  remember_played(played_block);
  follow_delay(microphone);
  std::fill(sum_.re.begin(), sum_.re.end(), 0.0f);
  std::fill(sum_.im.begin(), sum_.im.end(), 0.0f);
  for (std::size_t p = 0; p < kEchoPartitions; ++p) {
    const Bins& x = played(delay_ + p);
    const Bins& h = response_[p];
    for (std::size_t k = 0; k < kEchoBins; ++k) {
      sum_.re[k] += h.re[k] * x.re[k] - h.im[k] * x.im[k];
      sum_.im[k] += h.re[k] * x.im[k] + h.im[k] * x.re[k];
    }
  }
  fft_.inverse(sum_, block_.data());
  std::copy(block_.begin() + kEchoBlock, block_.end(), echo);
  for (std::size_t i = 0; i < kEchoBlock; ++i) residual[i] = microphone[i] - echo[i];
  std::fill_n(block_.begin(), kEchoBlock, 0.0f);
  std::copy(residual, residual + kEchoBlock, block_.begin() + kEchoBlock);
  fft_.forward(block_.data(), sum_);
  adapt(sum_);
}

void EchoFilter::adapt(const Bins& error) {
  constexpr float kDrift = 1.0f - kTransition * kTransition;
  std::fill(uncertainty_.begin(), uncertainty_.end(), 0.0f);
  for (std::size_t p = 0; p < kEchoPartitions; ++p) {
    const Bins& x = played(delay_ + p);
    for (std::size_t k = 0; k < kEchoBins; ++k) {
      uncertainty_[k] += 0.5f * variance_[p][k] * (x.re[k] * x.re[k] + x.im[k] * x.im[k]);
    }
  }
  for (std::size_t k = 0; k < kEchoBins; ++k) {
    const float power = error.re[k] * error.re[k] + error.im[k] * error.im[k];
    near_power_[k] = kNearSmoothing * near_power_[k] + (1.0f - kNearSmoothing) * power;
  }
  for (std::size_t p = 0; p < kEchoPartitions; ++p) {
    const Bins& x = played(delay_ + p);
    Bins& h = response_[p];
    std::vector<float>& variance = variance_[p];
    for (std::size_t k = 0; k < kEchoBins; ++k) {
      const float step = variance[k] / (uncertainty_[k] + near_power_[k] + kLeastPower);
      gradient_.re[k] = step * (x.re[k] * error.re[k] + x.im[k] * error.im[k]);
      gradient_.im[k] = step * (x.re[k] * error.im[k] - x.im[k] * error.re[k]);
      const float gain = step * (x.re[k] * x.re[k] + x.im[k] * x.im[k]);
      variance[k] *= kTransition * kTransition * std::max(1.0f - 0.5f * gain, 0.0f);
    }
    // The response of a partition is kEchoBlock samples long: what the gradient has behind them is circular.
    fft_.inverse(gradient_, block_.data());
    std::fill(block_.begin() + kEchoBlock, block_.end(), 0.0f);
    fft_.forward(block_.data(), gradient_);
    for (std::size_t k = 0; k < kEchoBins; ++k) {
      h.re[k] += gradient_.re[k];
      h.im[k] += gradient_.im[k];
      variance[k] += kDrift * (h.re[k] * h.re[k] + h.im[k] * h.im[k]);
    }
  }
}

// The echo is the first delay at which the microphone is coherent with what was played; the filter starts one
// block before it, and moves when the same answer comes for a quarter of a second.
void EchoFilter::follow_delay(const float* microphone) {
  if (!hears_echo() && history_power_[newest_] <= kAudiblePower) return;
  std::fill_n(block_.begin(), kEchoBlock, 0.0f);
  std::copy(microphone, microphone + kEchoBlock, block_.begin() + kEchoBlock);
  fft_.forward(block_.data(), sum_);
  const auto smooth = [](float& mean, float value) {
    mean = kDelaySmoothing * mean + (1.0f - kDelaySmoothing) * value;
  };
  const Bins& now = played(0);
  for (std::size_t k = 0; k < kEchoBins; ++k) {
    smooth(microphone_power_[k], sum_.re[k] * sum_.re[k] + sum_.im[k] * sum_.im[k]);
    smooth(played_power_[k], now.re[k] * now.re[k] + now.im[k] * now.im[k]);
  }
  float scores[kEchoDelays];
  for (std::size_t d = 0; d < kEchoDelays; ++d) {
    const Bins& x = played(d);
    Bins& c = coherence_[d];
    float score = 0.0f;
    for (std::size_t k = 0; k < kEchoBins; ++k) {
      smooth(c.re[k], x.re[k] * sum_.re[k] + x.im[k] * sum_.im[k]);
      smooth(c.im[k], x.re[k] * sum_.im[k] - x.im[k] * sum_.re[k]);
      score +=
          (c.re[k] * c.re[k] + c.im[k] * c.im[k]) / (microphone_power_[k] * played_power_[k] + kLeastPower);
    }
    scores[d] = score / kEchoBins;
  }
  const float best = *std::max_element(scores, scores + kEchoDelays);
  const float* direct =
      std::find_if(scores, scores + kEchoDelays, [&](float s) { return s >= kEarlyShare * best; });
  const auto first = static_cast<std::size_t>(direct - scores);
  const std::size_t wanted = first == 0 ? 0 : first - 1;
  n_delay_votes_ = best >= kLeastCoherence && wanted == candidate_delay_ ? n_delay_votes_ + 1 : 0;
  candidate_delay_ = wanted;
  const bool is_outside = wanted < delay_ || wanted > delay_ + 2;
  if (is_outside && n_delay_votes_ >= kVotesToMove) move_to_delay(wanted);
}

void EchoFilter::move_to_delay(std::size_t delay) {
  const auto shift = static_cast<std::ptrdiff_t>(delay) - static_cast<std::ptrdiff_t>(delay_);
  std::vector<Bins> response(kEchoPartitions, Bins(kEchoBins));
  std::vector<std::vector<float>> variance(kEchoPartitions);
  for (std::size_t p = 0; p < kEchoPartitions; ++p) {
    const std::ptrdiff_t source = static_cast<std::ptrdiff_t>(p) + shift;
    const bool is_known = source >= 0 && source < static_cast<std::ptrdiff_t>(kEchoPartitions);
    if (is_known) response[p] = response_[static_cast<std::size_t>(source)];
    variance[p].assign(kEchoBins, initial_variance(p));
  }
  response_ = std::move(response);
  variance_ = std::move(variance);
  delay_ = delay;
}

}  // namespace electron_local
