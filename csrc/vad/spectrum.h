// Magnitudes of the four STFT frames of one hop.
#pragma once

#include <array>
#include <vector>

#include "vad/silero_weights.h"

namespace electron_local {

// A 256-point real Fourier transform of four frames at once, one frame a vector lane. Immutable: shared by
// threads.
class Spectrum {
 public:
  Spectrum();

  // `samples`: 640 = context, hop and reflection. `magnitudes`: [bin][frame], 129 x 4.
  // Frame f covers the samples [128 f, 128 f + 256).
  void magnitudes(const float* samples, float* magnitudes) const;

 private:
  static constexpr int kPoints =
      kStftSamples / 2;  // complex points: even samples real, odd samples imaginary

  std::array<float, kStftSamples> window_;
  std::array<int, kPoints> order_;     // bit-reversed index
  std::array<float, kPoints> cosine_;  // of 2 pi k / 256
  std::array<float, kPoints> sine_;
};

}  // namespace electron_local
