// The filter of one channel of a rate conversion.
#pragma once

#include <cstddef>
#include <cstdint>

#include "audio/polyphase_bank.h"

namespace electron_local {

// Where the next output sample lies: after input sample `newest` of the stream by phase / n_phases of an
// input interval.
struct OutputPosition {
  std::uint64_t number = 0;  // of the output sample
  std::uint64_t newest = 0;
  std::uint64_t phase = 0;
};

// n outputs later.
inline OutputPosition advanced(const OutputPosition& position, const RateRatio& ratio, std::uint64_t n) {
  const auto ticks = static_cast<unsigned __int128>(ratio.step) * n + position.phase;
  return {position.number + n, position.newest + static_cast<std::uint64_t>(ticks / ratio.n_phases),
          static_cast<std::uint64_t>(ticks % ratio.n_phases)};
}

// One output later, without a division.
inline void advance(OutputPosition& position, const RateRatio& ratio, std::uint64_t whole_step,
                    std::uint64_t phase_step) {
  ++position.number;
  position.newest += whole_step;
  position.phase += phase_step;
  if (position.phase >= ratio.n_phases) {
    position.phase -= ratio.n_phases;
    ++position.newest;
  }
}

// Keeps what later outputs read of one channel. Each output is computed in the same way whatever pieces the
// input came in: cutting a stream changes no bit. Owned by one stream.
class ChannelFilter {
 public:
  virtual ~ChannelFilter() = default;

  // In output samples.
  virtual std::size_t delay() const = 0;

  // How many samples append() may be given at a time.
  virtual std::size_t n_block() const = 0;

  // Takes n_samples samples, `stride` apart; all outputs that were possible before have been computed.
  virtual void append(const float* input, std::size_t stride, std::size_t n_samples) = 0;

  // Computes n_outputs outputs from `position` on, `stride` apart. All that they read has been appended.
  virtual void run(const OutputPosition& position, const RateRatio& ratio, std::size_t n_outputs,
                   float* output, std::size_t stride) = 0;

  // Back to the start of a stream, before which all was silent.
  virtual void reset() = 0;
};

}  // namespace electron_local
