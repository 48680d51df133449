#include "audio/resampler.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "audio/bank_cache.h"
#include "audio/halving_filter.h"
#include "audio/pcm.h"
#include "audio/period_filter.h"
#include "audio/polyphase_filter.h"
#include "audio/polyphase_kernel.h"
#include "base/error.h"

namespace electron_local {
namespace {

// Above this many coefficients (4 MiB in double) a bank is interpolated.
constexpr std::uint64_t kMaxExactCoefficients = std::uint64_t{1} << 19;

// A rate is halved first where this share of the new rate is left to spare.
constexpr double kLeastSurplus = 1.2;

// Drift is counted in parts of 10^-9.
constexpr std::uint64_t kBillion = 1000000000;

void check_range(const char* name, int value, int least, int greatest, const char* unit) {
  if (value >= least && value <= greatest) return;
  throw InvalidArgument(std::string(name) + " must lie between " + std::to_string(least) + " and " +
                        std::to_string(greatest) + unit + ", got " + std::to_string(value));
}

const ResamplerOptions& checked(const ResamplerOptions& options) {
  check_range("from_rate", options.from_rate_hz, kMinRateHz, kMaxRateHz, " Hz");
  check_range("to_rate", options.to_rate_hz, kMinRateHz, kMaxRateHz, " Hz");
  check_range("n_channels", options.n_channels, 1, kMaxChannels, "");
  return options;
}

template <typename Real>
std::unique_ptr<ChannelFilter> make_period_filter(const BankKey& key, const BankSpec& spec) {
  static BankCache<PeriodBank<Real>> cache;
  return std::make_unique<PeriodFilter<Real>>(cache.get(key, [&] { return make_period_bank<Real>(spec); }));
}

template <typename Real>
std::unique_ptr<ChannelFilter> make_polyphase_filter(const BankKey& key, const BankSpec& spec,
                                                     bool is_interpolated) {
  static BankCache<PolyphaseBank<Real>> exact_cache, interpolated_cache;
  return std::make_unique<PolyphaseFilter<Real>>(
      (is_interpolated ? interpolated_cache : exact_cache).get(key, [&] {
        return make_polyphase_bank<Real>(spec, {kTapGranularity, is_interpolated});
      }));
}

bool fits_exact_bank(const BankSpec& spec) {
  const int lower_rate_hz = std::min(spec.from_rate_hz, spec.to_rate_hz);
  const std::uint64_t n_taps =
      2 * static_cast<std::uint64_t>(spec.filter.half_width) * spec.from_rate_hz / lower_rate_hz;
  return reduce_rates(spec.from_rate_hz, spec.to_rate_hz).n_phases * n_taps <= kMaxExactCoefficients;
}

// Halving the rate first is cheap, and halves what each output costs after it. Worth it for long filters,
// where a wide transition is left to the first.
bool is_halved_first(const ResamplerOptions& options) {
  const bool is_long = options.quality == ResamplerQuality::kHq || options.quality == ResamplerQuality::kVhq;
  return is_long && options.from_rate_hz % 2 == 0 &&
         options.from_rate_hz / 2 >= kLeastSurplus * options.to_rate_hz;
}

template <typename Real>
std::unique_ptr<ChannelFilter> make_halving_filter(const ResamplerOptions& options) {
  const int from = options.from_rate_hz, middle = from / 2, to = options.to_rate_hz;
  const LowPass half_band = design_half_band(options.quality, static_cast<double>(to) / middle);
  auto first =
      make_period_filter<Real>({from, to, options.quality, BankPlace::kHalving}, {from, middle, half_band});
  const BankSpec spec{middle, to, design_low_pass(options.quality, to),
                      static_cast<std::uint32_t>(first->delay())};
  auto second = make_polyphase_filter<Real>({middle, to, options.quality, BankPlace::kAfterHalving}, spec,
                                            !fits_exact_bank(spec));
  return std::make_unique<HalvingFilter>(std::move(first), std::move(second), reduce_rates(middle, to));
}

template <typename Real>
std::unique_ptr<ChannelFilter> make_filter(const ResamplerOptions& options) {
  const int from = options.from_rate_hz, to = options.to_rate_hz;
  const BankKey key{from, to, options.quality, BankPlace::kAlone};
  const BankSpec spec{from, to, design_low_pass(options.quality, std::min(from, to))};
  if (options.can_drift) return make_polyphase_filter<Real>(key, spec, true);
  if (has_short_period(from, to)) return make_period_filter<Real>(key, spec);
  if (is_halved_first(options)) return make_halving_filter<Real>(options);
  return make_polyphase_filter<Real>(key, spec, !fits_exact_bank(spec));
}

// Float sums stay below the stop-band of every preset but the best.
bool needs_double(ResamplerQuality quality) { return quality == ResamplerQuality::kVhq; }

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
    channels_.push_back(needs_double(options.quality) ? make_filter<double>(options)
                                                      : make_filter<float>(options));
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

template <typename Sample>
void resample(const ResamplerOptions& options, const Sample* input, std::size_t n_frames, Sample* output) {
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

template void resample<float>(const ResamplerOptions&, const float*, std::size_t, float*);
template void resample<std::int16_t>(const ResamplerOptions&, const std::int16_t*, std::size_t,
                                     std::int16_t*);
template std::size_t Resampler::process<float>(const float*, std::size_t, float*);
template std::size_t Resampler::process<std::int16_t>(const std::int16_t*, std::size_t, std::int16_t*);
template std::size_t Resampler::flush<float>(float*);
template std::size_t Resampler::flush<std::int16_t>(std::int16_t*);

}  // namespace electron_local
