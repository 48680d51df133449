// The inner loops of the resampler.
#pragma once

#include <cstddef>
#include <cstdint>

#include "audio/polyphase_bank.h"

namespace electron_local {

// Where the next output sample lies: after input sample `newest` by phase / n_phases of an input interval.
struct PolyphaseCursor {
  std::size_t newest;
  std::uint32_t phase;
};

// Computes n_outputs samples and moves the cursor behind them. Each reads input[newest - n_taps + 1 ...
// newest], always in the same order: the result does not depend on how a stream was cut.
template <typename Real>
void run_polyphase(const PolyphaseBank<Real>& bank, const float* input, std::size_t n_outputs,
                   PolyphaseCursor& cursor, float* output);

}  // namespace electron_local
