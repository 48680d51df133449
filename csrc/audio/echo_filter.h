// The linear part of the echo guard: what the loudspeaker plays, filtered as the room does, is subtracted
// from what the microphone hears.
#pragma once

#include <cstddef>
#include <vector>

#include "audio/real_fft.h"

namespace electron_local {

constexpr int kEchoRateHz = 16000;
constexpr std::size_t kEchoBlock = 256;           // samples, 16 ms
constexpr std::size_t kEchoFft = 2 * kEchoBlock;  // overlap-save
constexpr std::size_t kEchoBins = kEchoFft / 2 + 1;
constexpr std::size_t kEchoPartitions = 20;  // of the filter: 320 ms
constexpr std::size_t kEchoDelays = 32;      // blocks that the echo may be late: 512 ms

// A partitioned-block Kalman filter in the frequency domain: the room's response is a state that drifts, its
// uncertainty sets the step of each bin, so the filter converges in a second, holds still while the talker
// speaks too, and needs no detector for that. One thread.
//
// Source: Kuech, Mabande, Enzner, State-space architecture of the partitioned-block-based acoustic echo
// controller, ICASSP 2014; Enzner and Vary, Frequency-domain adaptive Kalman filter for acoustic echo control
// in hands-free telephones, Signal Processing 86, 2006.
class EchoFilter {
 public:
  EchoFilter();

  // Takes kEchoBlock samples of both, writes the estimate of the echo and what is left of the microphone.
  void process(const float* microphone, const float* played, float* echo, float* residual);

  // Forgets the room; the played signal is remembered.
  void restart();

  // How wrong the estimate of the echo may be: power in each bin of a kEchoFft transform.
  const std::vector<float>& uncertainty() const { return uncertainty_; }

  // True while something that was played within the length of the filter can still be heard.
  bool hears_echo() const;

  // Blocks between playing and the first partition.
  std::size_t delay_blocks() const { return delay_; }

 private:
  const Bins& played(std::size_t blocks_ago) const;
  void remember_played(const float* played);
  void adapt(const Bins& error);
  void follow_delay(const float* microphone);
  void move_to_delay(std::size_t delay);

  RealFft fft_;
  std::vector<Bins> history_;                 // of played blocks, a ring
  std::vector<float> history_power_;          // mean over the bins, same ring
  std::size_t newest_ = 0;                    // in the ring
  std::vector<float> last_played_;            // kEchoFft samples
  std::vector<Bins> response_;                // of the room, kEchoPartitions
  std::vector<std::vector<float>> variance_;  // of the response: partition, bin
  std::vector<float> near_power_;             // of what is not echo, by bin
  std::vector<float> uncertainty_;
  std::size_t delay_ = 0;
  std::vector<Bins> coherence_;      // microphone with played, for each delay
  std::vector<float> played_power_;  // smoothed, by bin
  std::vector<float> microphone_power_;
  std::size_t n_delay_votes_ = 0;  // blocks that agree on candidate_delay_
  std::size_t candidate_delay_ = 0;
  std::vector<float> block_;  // scratch, kEchoFft samples
  Bins sum_;
  Bins gradient_;
};

}  // namespace electron_local
