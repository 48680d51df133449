// Rate conversion of whole recordings in the frequency domain: overlapping blocks are transformed, the bins
// of the band that both rates share are weighted, and transformed back at the other rate.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "audio/block_fft.h"
#include "audio/resampler_options.h"

namespace electron_local {

// Block i gives the outputs [i * n_outputs, (i + 1) * n_outputs), from n_inputs_in_block samples that begin
// n_inputs_before ahead of input i * n_inputs.
template <typename Real>
struct SpectralBank {
  BlockFft<Real> forward;
  BlockFft<Real> backward;
  std::vector<Real> gains;  // of the bins 0 ... half the lower block size - 1
  std::size_t n_inputs;     // from block to block
  std::size_t n_outputs;
  std::size_t n_inputs_before;
  std::size_t n_outputs_before;
};

// Nothing where the ratio has no transform of a reasonable size. `quality` is kHq or kVhq: the stop-band
// starts at the lower Nyquist frequency.
template <typename Real>
std::optional<SpectralBank<Real>> make_spectral_bank(const ResamplerOptions& options);

}  // namespace electron_local
