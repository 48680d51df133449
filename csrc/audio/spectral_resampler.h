// Rate conversion of whole recordings in the frequency domain.
#pragma once

#include <cstddef>

#include "audio/resampler_options.h"

namespace electron_local {

// Does what resample() does, within the stop-band of the preset and rounding, in less time. Returns false,
// and writes nothing, where that way does not suit: short recordings, samples that are not finite, other
// presets than kHq and kVhq, equal rates, ratios without a transform of a reasonable size.
bool resample_spectrally(const ResamplerOptions& options, const float* input, std::size_t n_frames,
                         float* output, std::size_t n_outputs);

}  // namespace electron_local
