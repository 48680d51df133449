#include "vad/segmenter.h"

#include <algorithm>
#include <string>

#include "base/error.h"

namespace electron_local {
namespace {

constexpr std::int64_t kSamplesPerMs = 16;

template <typename Number>
void require(bool is_valid, const char* name, Number value, const std::string& limit) {
  if (!is_valid) {
    throw InvalidArgument(std::string(name) + " must be " + limit + ", got " + std::to_string(value));
  }
}

const SegmenterOptions& checked(const SegmenterOptions& o) {
  require(o.start_threshold > 0.0f && o.start_threshold <= 1.0f, "start_threshold", o.start_threshold,
          "above 0 and at most 1");
  require(o.end_threshold > 0.0f && o.end_threshold <= o.start_threshold, "end_threshold", o.end_threshold,
          "above 0 and at most start_threshold (" + std::to_string(o.start_threshold) + ")");
  require(o.min_speech_ms >= 0 && o.min_speech_ms <= 60000, "min_speech_ms", o.min_speech_ms,
          "from 0 to 60000");
  require(o.min_silence_ms >= 0 && o.min_silence_ms <= 60000, "min_silence_ms", o.min_silence_ms,
          "from 0 to 60000");
  require(o.padding_ms >= 0 && o.padding_ms <= 10000, "padding_ms", o.padding_ms, "from 0 to 10000");
  const double least_s = std::max(0.1, (o.min_speech_ms + o.padding_ms) / 1000.0);
  require(o.max_speech_s >= least_s, "max_speech_s", o.max_speech_s,
          "at least " + std::to_string(least_s) + " (0.1, and min_speech_ms + padding_ms)");
  return o;
}

std::int64_t max_samples(double max_speech_s) {
  constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
  const double samples = max_speech_s * 1000.0 * kSamplesPerMs;
  return samples < 9.0e18 ? static_cast<std::int64_t>(samples) : kNever;
}

}  // namespace

Segmenter::Segmenter(const SegmenterOptions& options)
    : options_(checked(options)),
      min_speech_(options.min_speech_ms * kSamplesPerMs),
      min_silence_(options.min_silence_ms * kSamplesPerMs),
      padding_(options.padding_ms * kSamplesPerMs),
      max_speech_(max_samples(options.max_speech_s)) {}

void Segmenter::reset() {
  state_ = State::kSilence;
  position_ = start_ = reported_start_ = last_stop_ = 0;
  pause_start_ = kNone;
}

void Segmenter::push(float probability, int n_samples, std::vector<SpeechEvent>& events) {
  const std::int64_t hop_start = position_;
  position_ += n_samples;
  const bool is_low = probability < options_.end_threshold;
  if (probability >= options_.start_threshold) {
    pause_start_ = kNone;
    if (state_ == State::kSilence) {
      state_ = State::kCandidate;
      start_ = hop_start;
    }
  } else if (is_low && state_ != State::kSilence && pause_start_ == kNone) {
    pause_start_ = hop_start;
  }
  if (state_ == State::kSilence) return;

  const bool is_paused = pause_start_ != kNone;
  const bool is_too_long = state_ == State::kSpeech && position_ - reported_start_ >= max_speech_;
  if (is_paused && ((is_low && position_ - pause_start_ >= min_silence_) || is_too_long))
    return close(events);
  if (is_too_long) cut(events);
  const bool is_long_enough = position_ > start_ && position_ - start_ >= min_speech_;
  if (state_ == State::kCandidate && !is_paused && is_long_enough) {
    state_ = State::kSpeech;
    reported_start_ = std::max(last_stop_, start_ - padding_);
    events.push_back({true, reported_start_});
  }
}

void Segmenter::flush(std::vector<SpeechEvent>& events) {
  if (pause_start_ == kNone) pause_start_ = position_;
  close(events);
  reset();
}

// Ends the speech where the pause began; a candidate is dropped.
void Segmenter::close(std::vector<SpeechEvent>& events) {
  if (state_ == State::kSpeech) {
    const std::int64_t longest = max_speech_ - (pause_start_ - reported_start_);
    last_stop_ = std::min(pause_start_ + std::min(padding_, longest), position_);
    events.push_back({false, last_stop_});
  }
  state_ = State::kSilence;
  pause_start_ = kNone;
}

// Ends the speech at its greatest length; what follows is a candidate of its own.
void Segmenter::cut(std::vector<SpeechEvent>& events) {
  start_ = last_stop_ = reported_start_ + max_speech_;
  events.push_back({false, last_stop_});
  state_ = State::kCandidate;
}

}  // namespace electron_local
