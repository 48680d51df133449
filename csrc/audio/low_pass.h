// The low-pass filter under every rate conversion: a sinc under a Kaiser window, in continuous time.
#pragma once

namespace electron_local {

enum class ResamplerQuality { kFast, kVoice, kHq, kVhq };

// Time is counted in samples of the lower of the two rates, frequency in units of its Nyquist frequency.
struct LowPass {
  double cutoff;   // -6 dB
  int half_width;  // the response is zero beyond it on both sides
  double beta;     // of the Kaiser window

  double operator()(double time) const;
};

// The stop-band starts at the lower Nyquist frequency; for kVoice below 16 kHz later, at 1.14 of it at 8 kHz.
// Kaiser's formulas: Oppenheim and Schafer, Discrete-Time Signal Processing, 7.5.3.
LowPass design_low_pass(ResamplerQuality quality, int lower_rate_hz);

// For the way between `between_rate_hz` and `other_rate_hz`, where another filter of this quality keeps no
// more than half of kept_rate_hz: passes that, and stops what would fall on it.
LowPass design_wide_low_pass(ResamplerQuality quality, int kept_rate_hz, int between_rate_hz,
                             int other_rate_hz);

}  // namespace electron_local
