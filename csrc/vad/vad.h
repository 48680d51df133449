// Audio in any pieces to speech events.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "vad/segmenter.h"
#include "vad/silero.h"

namespace electron_local {

// Samples beyond this are no float audio; most likely int16 values that were not divided by 32768.
inline constexpr float kMaxAmplitude = 8.0f;

// Throws InvalidArgument when a sample is not finite or beyond kMaxAmplitude.
void check_samples(const float* samples, std::size_t n_samples);

// One stream at 16 kHz. Any thread may call; calls are serialised. The network is shared with other streams.
class VadStream {
 public:
  // Throws InvalidArgument for options out of range.
  VadStream(std::shared_ptr<const Silero> network, const SegmenterOptions& options);

  // Takes the next samples (full scale 1.0, any number) and returns what they decide. Throws InvalidArgument,
  // before any sample is taken, when one is not finite or beyond kMaxAmplitude.
  std::vector<SpeechEvent> push(const float* samples, std::size_t n_samples);

  // The end of the stream: the last hop is filled with zeros, open speech is closed, and the stream starts
  // over.
  std::vector<SpeechEvent> flush();

  // Forgets everything: the next sample is sample 0.
  void reset();

  bool is_speaking() const;

  // Of the last whole hop; 0 before the first.
  float last_probability() const;

 private:
  void advance(int n_samples, std::vector<SpeechEvent>& events);
  void start_over();

  mutable std::mutex mutex_;  // guards all below
  const std::shared_ptr<const Silero> network_;
  SileroState state_;
  Segmenter segmenter_;
  std::array<float, kHopSamples> hop_{};
  std::size_t n_pending_ = 0;  // samples in hop_, [0, 512)
  float last_probability_ = 0.0f;
};

// One probability per 512 samples of a whole recording, the last hop filled with zeros. Throws
// InvalidArgument as VadStream::push does.
std::vector<float> speech_probabilities(const Silero& network, const float* samples, std::size_t n_samples);

}  // namespace electron_local
