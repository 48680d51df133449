#include "audio/resampler.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "audio/choose_filter.h"
#include "audio/pcm.h"
#include "audio/spectral_resampler.h"
#include "base/error.h"

namespace electron_local {
namespace {

// Drift is counted in parts of 10^-9.
constexpr std::uint64_t kBillion = 1000000000;

}  // namespace

Resampler::Resampler(const ResamplerOptions& options)
    : n_channels_(checked(options).n_channels),
      nominal_ratio_(reduce_rates(options.from_rate_hz, options.to_rate_hz)),
      can_drift_(options.can_drift) {
  if (can_drift_) nominal_ratio_.n_phases *= kBillion;
  if (can_drift_) nominal_ratio_.step *= kBillion;
  ratio_ = nominal_ratio_;
  n_block_ = 4096;
  if (options.from_rate_hz == options.to_rate_hz && !can_drift_) return;
  for (int channel = 0; channel < n_channels_; ++channel) {
    channels_.push_back(choose_filter(options));
  }
  delay_ = channels_[0]->delay();
  n_block_ = channels_[0]->n_block();
}

void Resampler::reset() {
  has_input_ = false;
  n_input_ = 0;
  next_ = {};
  for (const auto& channel : channels_) channel->reset();
}

void Resampler::set_drift(double ppm) {
  if (!can_drift_) throw InvalidArgument("this Resampler was made without drift");
  if (!(std::abs(ppm) <= kMaxDriftPpm)) {
    throw InvalidArgument("drift must lie within +-" + std::to_string(static_cast<int>(kMaxDriftPpm)) +
                          " ppm, got " + std::to_string(ppm));
  }
  const auto parts = static_cast<std::int64_t>(std::llround(ppm * 1000.0));
  ratio_.step = nominal_ratio_.step / kBillion *
                static_cast<std::uint64_t>(static_cast<std::int64_t>(kBillion) + parts);
}

std::size_t Resampler::output_size(std::size_t n_frames) const {
  if (n_frames > kMaxFrames)
    throw InvalidArgument("n_frames must be at most " + std::to_string(kMaxFrames) + ", got " +
                          std::to_string(n_frames));
  if (channels_.empty()) return n_frames;
  const std::uint64_t end = n_input_ + n_frames;
  if (next_.newest >= end) return 0;
  const auto ticks = static_cast<unsigned __int128>(end - next_.newest) * ratio_.n_phases - next_.phase;
  return static_cast<std::size_t>((ticks + ratio_.step - 1) / ratio_.step);
}

template <typename Sample>
std::size_t Resampler::process(const Sample* input, std::size_t n_frames, Sample* output) {
  if (n_frames == 0) return 0;
  has_input_ = true;
  const auto n_channels = static_cast<std::size_t>(n_channels_);
  if (channels_.empty()) {
    std::copy(input, input + n_frames * n_channels, output);
    return n_frames;
  }
  std::size_t n_outputs = 0;
  while (n_frames > 0) {
    const std::size_t n = std::min(n_frames, n_block_);
    const std::size_t n_block_outputs = output_size(n);
    convert_block(input, n, n_block_outputs, output + n_outputs * n_channels);
    n_outputs += n_block_outputs;
    input += n * n_channels;
    n_frames -= n;
  }
  return n_outputs;
}

template <typename Sample>
std::size_t Resampler::flush(Sample* output) {
  const std::size_t n_wanted = flush_size();
  const std::vector<Sample> silence(n_block_ * static_cast<std::size_t>(n_channels_));
  std::size_t n_outputs = 0;
  while (n_outputs < n_wanted) {
    const std::size_t n = std::min(n_wanted - n_outputs, output_size(n_block_));
    convert_block(silence.data(), n_block_, n, output + n_outputs * static_cast<std::size_t>(n_channels_));
    n_outputs += n;
  }
  reset();
  return n_outputs;
}

void Resampler::convert_block(const float* input, std::size_t n_frames, std::size_t n_outputs,
                              float* output) {
  const auto stride = static_cast<std::size_t>(n_channels_);
  for (std::size_t channel = 0; channel < stride; ++channel) {
    channels_[channel]->append(input + channel, stride, n_frames);
    if (n_outputs > 0) channels_[channel]->run(next_, ratio_, n_outputs, output + channel, stride);
  }
  n_input_ += n_frames;
  next_ = advanced(next_, ratio_, n_outputs);
}

void Resampler::convert_block(const std::int16_t* input, std::size_t n_frames, std::size_t n_outputs,
                              std::int16_t* output) {
  const std::size_t n_in = n_frames * static_cast<std::size_t>(n_channels_);
  const std::size_t n_out = n_outputs * static_cast<std::size_t>(n_channels_);
  input_block_.resize(std::max(input_block_.size(), n_in));
  output_block_.resize(std::max(output_block_.size(), n_out));
  int16_to_float32(input, n_in, input_block_.data());
  convert_block(input_block_.data(), n_frames, n_outputs, output_block_.data());
  float32_to_int16(output_block_.data(), n_out, output);
}

std::size_t resampled_size(const ResamplerOptions& options, std::size_t n_frames) {
  const RateRatio ratio = reduce_rates(checked(options).from_rate_hz, options.to_rate_hz);
  const auto ticks = static_cast<unsigned __int128>(n_frames) * ratio.n_phases;
  return static_cast<std::size_t>((ticks + ratio.step - 1) / ratio.step);
}

namespace {

bool try_spectrally(const ResamplerOptions& options, const float* input, std::size_t n_frames,
                    float* output) {
  return resample_spectrally(options, input, n_frames, output, resampled_size(options, n_frames));
}

bool try_spectrally(const ResamplerOptions& options, const std::int16_t* input, std::size_t n_frames,
                    std::int16_t* output) {
  const auto n_channels = static_cast<std::size_t>(options.n_channels);
  std::vector<float> samples(n_frames * n_channels);
  std::vector<float> converted(resampled_size(options, n_frames) * n_channels);
  int16_to_float32(input, samples.size(), samples.data());
  if (!try_spectrally(options, samples.data(), n_frames, converted.data())) return false;
  float32_to_int16(converted.data(), converted.size(), output);
  return true;
}

}  // namespace

template <typename Sample>
void resample(const ResamplerOptions& options, const Sample* input, std::size_t n_frames, Sample* output,
              bool is_exact) {
  if (!is_exact && try_spectrally(checked(options), input, n_frames, output)) return;
  Resampler resampler(options);
  const auto n_channels = static_cast<std::size_t>(options.n_channels);
  // The outputs before input frame 0 go elsewhere, those of the first piece up to `output`.
  const RateRatio ratio = reduce_rates(options.from_rate_hz, options.to_rate_hz);
  const std::size_t n_first =
      std::min<std::uint64_t>(n_frames, resampler.delay() * ratio.step / ratio.n_phases + 1);
  std::vector<Sample> begin((resampler.output_size(n_first) + resampler.delay()) * n_channels);
  std::size_t n_begin = resampler.process(input, n_first, begin.data());
  std::size_t n_wanted = resampled_size(options, n_frames);
  if (n_first == n_frames) n_begin += resampler.flush(begin.data() + n_begin * n_channels);
  const std::size_t n_dropped = std::min(resampler.delay(), n_begin);
  const std::size_t n_kept = std::min(n_begin - n_dropped, n_wanted);
  std::copy_n(begin.begin() + static_cast<std::ptrdiff_t>(n_dropped * n_channels), n_kept * n_channels,
              output);
  if (n_first == n_frames) return;
  output += n_kept * n_channels;
  output += resampler.process(input + n_first * n_channels, n_frames - n_first, output) * n_channels;
  resampler.flush(output);
}

template void resample<float>(const ResamplerOptions&, const float*, std::size_t, float*, bool);
template void resample<std::int16_t>(const ResamplerOptions&, const std::int16_t*, std::size_t, std::int16_t*,
                                     bool);
template std::size_t Resampler::process<float>(const float*, std::size_t, float*);
template std::size_t Resampler::process<std::int16_t>(const std::int16_t*, std::size_t, std::int16_t*);
template std::size_t Resampler::flush<float>(float*);
template std::size_t Resampler::flush<std::int16_t>(std::int16_t*);

}  // namespace electron_local
