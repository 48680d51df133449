// Silero VAD v6.2, 16 kHz: 512 samples in, the probability of speech out.
#pragma once

#include <array>
#include <string>

#include "vad/packed_matrix.h"
#include "vad/silero_weights.h"
#include "vad/spectrum.h"

namespace electron_local {

// What the network remembers of one stream. Owned by the stream; value-initialised at its start.
struct SileroState {
  std::array<float, kContextSamples> context{};  // the last samples of the hop before
  std::array<float, kHidden> hidden{};
  std::array<float, kHidden> cell{};
};

// The network. Immutable after construction: any number of threads and streams share one.
//   64 context + 512 hop + 64 reflected samples -> STFT magnitudes [129][4] -> four convolutions with ReLU
//   -> [128] -> LSTM -> ReLU -> dot product -> sigmoid.
class Silero {
 public:
  // Throws ModelLoadError.
  explicit Silero(const std::string& weights_path);

  // The probability of speech in `hop` (kHopSamples finite values, full scale 1.0) given `state`, which moves
  // on by one hop. On digital silence (context and hop all zero) the encoder is skipped: its answer is known,
  // so the result is the same to the last bit.
  float advance(SileroState& state, const float* hop) const;

 private:
  explicit Silero(const SileroWeights& weights);

  void encode(const float* samples, float* features) const;
  float decode(SileroState& state, const float* features) const;

  Spectrum spectrum_;
  std::array<PackedMatrix, 4> convolutions_;
  PackedMatrix gates_;                          // columns: 128 features, then 128 hidden
  std::array<float, kHidden> silent_features_;  // what the encoder makes of zeros
  std::array<float, kHidden> output_weight_;
  float output_bias_;
};

}  // namespace electron_local
