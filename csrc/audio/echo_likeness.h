// Tells an echo that the filter no longer predicts from a talker.
#pragma once

#include <cstddef>
#include <vector>

#include "audio/real_fft.h"

namespace electron_local {

// What is left of the microphone after a move of the loudspeaker is still the played signal, through the
// difference of two rooms. It holds the estimate upside down, so in most bins it has the opposite phase at
// once; and it is coherent with the estimate. Speech of a talker has any phase, and is not. One thread.
class EchoLikeness {
 public:
  explicit EchoLikeness(std::size_t n_bins);

  void reset();

  // Takes the spectra of the next block.
  void update(const Bins& residual, const Bins& echo);

  // True while a loud residual has been coherent with the echo for 64 ms, or opposed to it for 32 ms.
  bool is_echo() const { return n_alike_ >= kBlocksAlike || n_opposed_ >= kBlocksOpposed; }

 private:
  static constexpr std::size_t kBlocksAlike = 4;
  static constexpr std::size_t kBlocksOpposed = 2;

  void compare_phases(const Bins& residual, const Bins& echo);

  Bins cross_;  // these smoothed over some nine blocks
  std::vector<float> residual_power_;
  std::vector<float> echo_power_;
  std::size_t n_alike_ = 0;          // blocks, one after the other
  float phase_ = 0.0f;               // cosine between residual and echo, mean over the bins
  float quick_residual_sum_ = 0.0f;  // powers; these smoothed over some four blocks
  float quick_echo_sum_ = 0.0f;
  std::size_t n_opposed_ = 0;  // blocks, one after the other
};

}  // namespace electron_local
