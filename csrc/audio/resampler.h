// Streaming rate conversion by a polyphase filter with an exact rational ratio.
#pragma once

#include <cstddef>
#include <cstdint>
#include <variant>
#include <vector>

#include "audio/polyphase_bank.h"
#include "audio/polyphase_kernel.h"

namespace electron_local {

constexpr int kMinRateHz = 4000;
constexpr int kMaxRateHz = 192000;

struct ResamplerOptions {
  int from_rate_hz = 16000;
  int to_rate_hz = 48000;
  ResamplerQuality quality = ResamplerQuality::kVoice;
};

// One mono float32 stream, owned by one thread at a time. After n input samples exactly
// ceil(n * to_rate / from_rate) output samples have been given, however the stream was cut; flush() gives
// `delay` more. Output sample `delay` belongs to input sample 0. Equal rates copy.
class Resampler {
 public:
  // Throws InvalidArgument when a rate is outside [kMinRateHz, kMaxRateHz].
  explicit Resampler(const ResamplerOptions& options);

  // How many samples process() will write for n_samples.
  std::size_t output_size(std::size_t n_samples) const;

  // Writes output_size(n_samples) samples and returns that count. `output` must not overlap `input`.
  std::size_t process(const float* input, std::size_t n_samples, float* output);

  // How many samples flush() will write: delay(), or 0 when nothing was processed.
  std::size_t flush_size() const { return has_input_ ? delay() : 0; }

  // Writes the end of the stream and resets.
  std::size_t flush(float* output);

  // Forgets the stream.
  void reset();

  // In output samples, exact.
  std::size_t delay() const { return delay_; }

 private:
  // n_outputs must not exceed output_size(n_samples).
  void append_and_run(const float* input, std::size_t n_samples, std::size_t n_outputs, float* output);

  RateRatio ratio_;
  std::variant<std::monostate, PolyphaseBank<float>, PolyphaseBank<double>> bank_;  // monostate: equal rates
  std::size_t n_taps_ = 0;
  std::size_t delay_ = 0;
  std::vector<float> buffer_;  // at least n_taps_ - 1 samples of history, then what is not yet used up
  PolyphaseCursor cursor_{};   // into buffer_; may lie beyond its end
  bool has_input_ = false;
};

}  // namespace electron_local
