// A microphone's level: no offset, speech at a steady loudness, never beyond full scale.
#pragma once

#include <cstddef>

namespace electron_local {

struct LevelOptions {
  int sample_rate_hz = 16000;  // 4000 to 192000
  float target_db = -23.0f;    // of speech, RMS against full scale; -60 to -6
  float max_gain_db = 24.0f;   // 0 to 60
  float ceiling_db = -1.0f;    // of a sample; -20 to 0
};

// Three steps a sample: a high-pass at 10 Hz takes the offset away; a slow gain brings what is louder than
// -55 dB to the target; a limiter without look-ahead turns a peak beyond the ceiling down at once and lets go
// in 50 ms. No delay; any chunking gives the same. One thread.
class LevelControl {
 public:
  // Throws InvalidArgument for an option out of range.
  explicit LevelControl(const LevelOptions& options);

  // `output` may be `input`.
  void process(const float* input, std::size_t n_samples, float* output);

  void reset();

  // Of the automatic gain, now.
  float gain_db() const;

 private:
  LevelOptions options_;
  float pole_;         // of the high-pass
  float power_share_;  // of a sample in the power
  float level_fall_;
  float gain_rise_;  // factors a sample
  float gain_fall_;
  float limiter_release_;
  float target_power_;
  float max_gain_;
  float ceiling_;
  float last_input_ = 0.0f;
  float last_blocked_ = 0.0f;
  float power_ = 0.0f;  // over 10 ms
  float level_ = 0.0f;  // its envelope: a power, that of the loud parts of speech
  float gain_ = 1.0f;
  float limiter_ = 1.0f;
};

}  // namespace electron_local
