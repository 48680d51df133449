#include "vad/vad.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "base/error.h"

namespace electron_local {
void check_samples(const float* samples, std::size_t n_samples) {
  const float* end = samples + n_samples;
  const float* bad = std::find_if(samples, end, [](float x) { return !(std::abs(x) <= kMaxAmplitude); });
  if (bad == end) return;
  const std::string place = " at index " + std::to_string(bad - samples);
  if (!std::isfinite(*bad)) {
    throw InvalidArgument("samples must be finite, got " + std::to_string(*bad) + place);
  }
  throw InvalidArgument("samples must lie in [-1, 1] (with headroom up to 8), got " + std::to_string(*bad) +
                        place + "; divide 16-bit values by 32768");
}

VadStream::VadStream(std::shared_ptr<const Silero> network, const SegmenterOptions& options)
    : network_(std::move(network)), segmenter_(options) {}

std::vector<SpeechEvent> VadStream::push(const float* samples, std::size_t n_samples) {
  check_samples(samples, n_samples);
  const std::lock_guard<std::mutex> lock(mutex_);
  std::vector<SpeechEvent> events;
  while (n_samples > 0) {
    const std::size_t n_taken = std::min(n_samples, hop_.size() - n_pending_);
    std::copy(samples, samples + n_taken, hop_.begin() + static_cast<std::ptrdiff_t>(n_pending_));
    samples += n_taken;
    n_samples -= n_taken;
    n_pending_ += n_taken;
    if (n_pending_ == hop_.size()) advance(kHopSamples, events);
  }
  return events;
}

std::vector<SpeechEvent> VadStream::flush() {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::vector<SpeechEvent> events;
  if (n_pending_ > 0) {
    std::fill(hop_.begin() + static_cast<std::ptrdiff_t>(n_pending_), hop_.end(), 0.0f);
    advance(static_cast<int>(n_pending_), events);
  }
  segmenter_.flush(events);
  start_over();
  return events;
}

void VadStream::reset() {
  const std::lock_guard<std::mutex> lock(mutex_);
  start_over();
}

bool VadStream::is_speaking() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return segmenter_.is_speaking();
}

float VadStream::last_probability() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return last_probability_;
}

void VadStream::advance(int n_samples, std::vector<SpeechEvent>& events) {
  last_probability_ = network_->advance(state_, hop_.data());
  segmenter_.push(last_probability_, n_samples, events);
  n_pending_ = 0;
}

void VadStream::start_over() {
  state_ = SileroState{};
  segmenter_.reset();
  n_pending_ = 0;
  last_probability_ = 0.0f;
}

std::vector<float> speech_probabilities(const Silero& network, const float* samples, std::size_t n_samples) {
  check_samples(samples, n_samples);
  SileroState state;
  std::vector<float> probabilities;
  probabilities.reserve((n_samples + kHopSamples - 1) / kHopSamples);
  std::size_t start = 0;
  for (; start + kHopSamples <= n_samples; start += kHopSamples) {
    probabilities.push_back(network.advance(state, samples + start));
  }
  if (start < n_samples) {
    std::array<float, kHopSamples> last{};
    std::copy(samples + start, samples + n_samples, last.begin());
    probabilities.push_back(network.advance(state, last.data()));
  }
  return probabilities;
}

}  // namespace electron_local
