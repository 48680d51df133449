// Which filter a rate conversion needs.
#pragma once

#include <memory>

#include "audio/channel_filter.h"
#include "audio/resampler_options.h"

namespace electron_local {

// For one channel. A ratio with a short period gets a filter of its own kind; one with a long period goes
// through a rate between where that is cheaper. Coefficients are shared with earlier filters of the same
// options.
std::unique_ptr<ChannelFilter> choose_filter(const ResamplerOptions& options);

}  // namespace electron_local
