// What a rate conversion is asked to do.
#pragma once

#include "audio/low_pass.h"

namespace electron_local {

constexpr int kMinRateHz = 4000;
constexpr int kMaxRateHz = 192000;
constexpr int kMaxChannels = 64;

struct ResamplerOptions {
  int from_rate_hz = 16000;
  int to_rate_hz = 48000;
  ResamplerQuality quality = ResamplerQuality::kVoice;
  int n_channels = 1;      // interleaved
  bool can_drift = false;  // set_drift() may be called; costs four times the work
};

// Throws InvalidArgument when a rate is outside [kMinRateHz, kMaxRateHz] or n_channels outside
// [1, kMaxChannels].
const ResamplerOptions& checked(const ResamplerOptions& options);

}  // namespace electron_local
