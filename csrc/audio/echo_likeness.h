// Tells an echo that the filter no longer predicts from a talker.
#pragma once

#include <cstddef>
#include <vector>

#include "audio/real_fft.h"

namespace electron_local {

// What is left of the microphone after a move of the loudspeaker is still the played signal, through the
// difference of two rooms: it is coherent with the estimate of the echo. Speech of a talker is not. One
// thread.
class EchoLikeness {
 public:
  explicit EchoLikeness(std::size_t n_bins);

  void reset();

  // Takes the spectra of the next block.
  void update(const Bins& residual, const Bins& echo);

  // True while a loud residual has looked like the echo for 64 ms.
  bool is_echo() const { return n_alike_ >= kBlocksToTell; }

 private:
  static constexpr std::size_t kBlocksToTell = 4;

  Bins cross_;  // all smoothed over some nine blocks
  std::vector<float> residual_power_;
  std::vector<float> echo_power_;
  std::size_t n_alike_ = 0;  // blocks, one after the other
};

}  // namespace electron_local
