// Streaming rate conversion by a polyphase filter with an exact rational ratio.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "audio/channel_filter.h"
#include "audio/resampler_options.h"

namespace electron_local {

constexpr double kMaxDriftPpm = 1000.0;
constexpr std::size_t kMaxFrames = std::size_t{1} << 40;  // a year and more at once, at any rate

// One stream, owned by one thread at a time. Without drift, after n input frames exactly
// ceil(n * to_rate / from_rate) output frames have been given, however the stream was cut; flush() gives
// `delay` more. Output frame `delay` belongs to input frame 0. Equal rates copy. A frame is one sample of
// each channel; Sample is float, or int16_t on the scale of 32768, rounded and saturated.
class Resampler {
 public:
  // Throws InvalidArgument as checked() does.
  explicit Resampler(const ResamplerOptions& options);

  int n_channels() const { return n_channels_; }

  // How many frames process() will write for n_frames. Throws InvalidArgument above kMaxFrames.
  std::size_t output_size(std::size_t n_frames) const;

  // Writes output_size(n_frames) frames and returns that count. `output` must not overlap `input`.
  template <typename Sample>
  std::size_t process(const Sample* input, std::size_t n_frames, Sample* output);

  // How many frames flush() will write: delay(), or 0 when nothing was processed.
  std::size_t flush_size() const { return has_input_ ? delay_ : 0; }

  // Writes the end of the stream and resets.
  template <typename Sample>
  std::size_t flush(Sample* output);

  // Forgets the stream; the drift stays.
  void reset();

  // In output frames, exact.
  std::size_t delay() const { return delay_; }

  // From the next output on, `ppm` parts per million more input frames make an output frame: the clock of the
  // input is that much too fast. Rounded to 0.001. The signal goes on without a step. Throws InvalidArgument
  // outside +-kMaxDriftPpm, and when the options do not allow drift.
  void set_drift(double ppm);

 private:
  void convert_block(const float* input, std::size_t n_frames, std::size_t n_outputs, float* output);
  void convert_block(const std::int16_t* input, std::size_t n_frames, std::size_t n_outputs,
                     std::int16_t* output);

  int n_channels_;
  RateRatio nominal_ratio_;
  RateRatio ratio_;
  bool can_drift_;
  std::vector<std::unique_ptr<ChannelFilter>> channels_;  // empty: equal rates
  std::size_t delay_ = 0;
  std::size_t n_block_ = 0;
  std::uint64_t n_input_ = 0;  // frames
  OutputPosition next_;
  bool has_input_ = false;
  std::vector<float> input_block_;  // of int16_t streams
  std::vector<float> output_block_;
};

// A whole recording, delay removed: writes resampled_size() frames to `output`, of which frame m lies at
// input time m * from_rate / to_rate. Not exact: it may go through the frequency domain
// (spectral_resampler.h). Throws as Resampler does.
template <typename Sample>
void resample(const ResamplerOptions& options, const Sample* input, std::size_t n_frames, Sample* output,
              bool is_exact = true);

std::size_t resampled_size(const ResamplerOptions& options, std::size_t n_frames);

}  // namespace electron_local
