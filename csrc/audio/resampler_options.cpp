#include "audio/resampler_options.h"

#include <string>

#include "base/error.h"

namespace electron_local {
namespace {

void check_range(const char* name, int value, int least, int greatest, const char* unit) {
  if (value >= least && value <= greatest) return;
  throw InvalidArgument(std::string(name) + " must lie between " + std::to_string(least) + " and " +
                        std::to_string(greatest) + unit + ", got " + std::to_string(value));
}

}  // namespace

const ResamplerOptions& checked(const ResamplerOptions& options) {
  check_range("from_rate", options.from_rate_hz, kMinRateHz, kMaxRateHz, " Hz");
  check_range("to_rate", options.to_rate_hz, kMinRateHz, kMaxRateHz, " Hz");
  check_range("n_channels", options.n_channels, 1, kMaxChannels, "");
  return options;
}

}  // namespace electron_local
