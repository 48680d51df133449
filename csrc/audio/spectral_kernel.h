// The inner loops of a rate conversion in the frequency domain.
#pragma once

#include <cstddef>

#include "audio/spectral_bank.h"

namespace electron_local {

// Blocks that are converted at a time: two for each lane of a vector.
template <typename Real>
std::size_t n_batch_blocks();

// Values of working space that a batch needs.
template <typename Real>
std::size_t n_batch_values(const SpectralBank<Real>& bank);

// Each input holds forward.n_points samples, each output takes n_outputs. `work` is aligned to 64 bytes. One
// lane's sums do not depend on how many there are.
template <typename Real>
void convert_batch(const SpectralBank<Real>& bank, const float* const* inputs, float* const* outputs,
                   Real* work);

}  // namespace electron_local
