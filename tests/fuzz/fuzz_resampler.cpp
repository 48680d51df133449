// Any rates, presets, channels and samples, cut anywhere: as many samples as promised, and the same bits
// (NaN being NaN) as in one piece.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "audio/resampler.h"
#include "base/error.h"

using namespace electron_local;

namespace {

std::uint32_t take(const std::uint8_t*& data, std::size_t& size, std::size_t n_bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < n_bytes && size > 0; ++i, ++data, --size) value = value << 8 | *data;
  return value;
}

void require(bool condition) {
  if (!condition) std::abort();
}

std::vector<float> convert(const ResamplerOptions& options, const std::vector<float>& samples,
                           std::size_t n_piece) {
  Resampler resampler(options);
  const auto n_channels = static_cast<std::size_t>(options.n_channels);
  const std::size_t n_frames = samples.size() / n_channels;
  std::vector<float> result;
  for (std::size_t start = 0; start < n_frames; start += n_piece) {
    const std::size_t n = n_piece < n_frames - start ? n_piece : n_frames - start;
    std::vector<float> piece(resampler.output_size(n) * n_channels);
    require(resampler.process(samples.data() + start * n_channels, n, piece.data()) * n_channels ==
            piece.size());
    result.insert(result.end(), piece.begin(), piece.end());
  }
  std::vector<float> tail(resampler.flush_size() * n_channels);
  require(resampler.flush(tail.data()) * n_channels == tail.size());
  result.insert(result.end(), tail.begin(), tail.end());
  return result;
}

bool is_same(float a, float b) {
  return std::memcmp(&a, &b, sizeof a) == 0 || (std::isnan(a) && std::isnan(b));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const int kRates[] = {8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000};
  ResamplerOptions options;
  const std::uint32_t from = take(data, size, 1), to = take(data, size, 1);
  options.from_rate_hz = from < 16 ? static_cast<int>(take(data, size, 3)) : kRates[from % 8];
  options.to_rate_hz = to < 16 ? static_cast<int>(take(data, size, 3)) : kRates[to % 8];
  options.quality = static_cast<ResamplerQuality>(take(data, size, 1) % 4);
  options.n_channels = 1 + static_cast<int>(take(data, size, 1) % 3);
  options.can_drift = take(data, size, 1) % 4 == 0;
  const std::size_t n_piece = 1 + take(data, size, 2) % 5000;
  const std::size_t n_repeats = 1 + take(data, size, 1) % 40;
  std::vector<float> values(size / sizeof(float));
  if (!values.empty()) std::memcpy(values.data(), data, values.size() * sizeof(float));
  std::vector<float> samples;
  for (std::size_t i = 0; i < n_repeats && samples.size() < 20000; ++i) {
    samples.insert(samples.end(), values.begin(), values.end());
  }
  samples.resize(samples.size() / static_cast<std::size_t>(options.n_channels) *
                 static_cast<std::size_t>(options.n_channels));
  try {
    const std::vector<float> whole = convert(options, samples, samples.size() + 1);
    const std::vector<float> cut = convert(options, samples, n_piece);
    require(whole.size() == cut.size());
    for (std::size_t i = 0; i < whole.size(); ++i) require(is_same(whole[i], cut[i]));
    const std::size_t n_frames = samples.size() / static_cast<std::size_t>(options.n_channels);
    std::vector<float> inexact(resampled_size(options, n_frames) *
                               static_cast<std::size_t>(options.n_channels));
    resample(options, samples.data(), n_frames, inexact.data(), false);
  } catch (const InvalidArgument&) {
    const auto is_rate = [](int rate) { return rate >= kMinRateHz && rate <= kMaxRateHz; };
    require(!is_rate(options.from_rate_hz) || !is_rate(options.to_rate_hz));
  }
  return 0;
}
