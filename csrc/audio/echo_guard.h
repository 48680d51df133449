// Keeps the bot from hearing itself through an open loudspeaker.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "audio/echo_filter.h"
#include "audio/echo_likeness.h"

namespace electron_local {

// A stream at 16 kHz, used by one thread at a time. The echo is subtracted; what may be left of it (an
// imperfect filter, a loudspeaker that clips, a tail beyond the filter) is turned down bin by bin, so that a
// voice activity detector behind the guard hears the talker and not the bot. While an echo lasts, hum and
// hiss pass no better than the band of the first formants does: a talker has both, a leak of the filter has
// often one. Until the filter knows the room, and again after the loudspeaker or the microphone was moved,
// all is turned down that is heard while the bot speaks.
class EchoGuard {
 public:
  static constexpr std::size_t kDelay = kEchoFft;  // samples between input and output

  EchoGuard();

  // Takes the next samples of the microphone and what was played meanwhile, full scale 1.0, and writes as
  // many: the microphone `kDelay` samples ago, without the echo. Any chunking gives the same.
  void process(const float* microphone, const float* played, std::size_t n_samples, float* output);

  void reset();

  // True once the echo was 12 dB down for 0.96 s in all, or the bot was heard for 2 s.
  bool is_converged() const;

  // How much weaker the microphone is without the echo: of 0.16 s, without the turning down.
  float echo_reduction_db() const;

  // Estimate, to a block of 16 ms.
  std::size_t echo_delay_samples() const { return filter_.delay_blocks() * kEchoBlock; }

 private:
  void process_block();
  void transform(const std::array<float, kEchoFft>& samples, Bins& spectrum);
  void watch();
  void suppress();
  float voice_share() const;

  EchoFilter filter_;
  EchoLikeness likeness_;
  RealFft fft_;
  std::array<float, kEchoFft> window_;
  std::array<float, kEchoBlock> microphone_;  // the block that is being filled
  std::array<float, kEchoBlock> played_;
  std::array<float, kEchoBlock> ready_;  // output of the block before
  std::size_t n_filled_ = 0;
  std::array<float, kEchoFft> residual_;  // the last two blocks
  std::array<float, kEchoFft> echo_;
  std::array<float, kEchoFft> overlap_;
  std::vector<float> gain_;        // by bin
  std::vector<float> echo_power_;  // with a decay, as the tail of a room
  std::vector<float> echo_mean_, residual_mean_, covariance_, variance_;  // for the leakage, by bin
  float microphone_level_ = 0.0f;                                         // powers, smoothed over 0.16 s
  float residual_level_ = 0.0f;
  std::size_t n_since_restart_ = 0;  // blocks
  std::size_t n_audible_ = 0;        // of them, with echo
  std::size_t n_reduced_ = 0;        // of those, with the echo well down
  Bins residual_spectrum_;
  Bins echo_spectrum_;
};

}  // namespace electron_local
