// The resampler without Python: counts, chunking, bad rates.
#include <algorithm>
#include <cstdint>
#include <vector>

#include "audio/resampler.h"
#include "base/error.h"
#include "check.h"

using namespace electron_local;
using electron_local_test::n_failures;

namespace {

std::vector<float> noise(std::size_t n_samples) {
  std::vector<float> samples(n_samples);
  std::uint32_t state = 1;
  for (float& sample : samples) {
    state = state * 1664525u + 1013904223u;
    sample = static_cast<float>(static_cast<std::int32_t>(state)) / 4294967296.0f;
  }
  return samples;
}

std::vector<float> convert(Resampler& resampler, const std::vector<float>& samples, std::size_t n_piece) {
  std::vector<float> result;
  for (std::size_t start = 0; start < samples.size(); start += n_piece) {
    const std::size_t n_samples = std::min(n_piece, samples.size() - start);
    const std::size_t n_before = result.size(), n_outputs = resampler.output_size(n_samples);
    result.resize(n_before + n_outputs);
    CHECK_EQUAL(resampler.process(samples.data() + start, n_samples, result.data() + n_before), n_outputs);
  }
  const std::size_t n_before = result.size(), n_outputs = resampler.flush_size();
  result.resize(n_before + n_outputs);
  CHECK_EQUAL(resampler.flush(result.data() + n_before), n_outputs);
  return result;
}

void check_stream(const ResamplerOptions& options) {
  const std::vector<float> samples = noise(5001);
  Resampler resampler(options);
  const std::vector<float> whole = convert(resampler, samples, samples.size());
  const auto ticks = samples.size() * static_cast<std::size_t>(options.to_rate_hz);
  const auto from_rate = static_cast<std::size_t>(options.from_rate_hz);
  CHECK_EQUAL(whole.size(), (ticks + from_rate - 1) / from_rate + resampler.delay());
  for (const std::size_t n_piece : {1, 7, 320, 4097}) CHECK(convert(resampler, samples, n_piece) == whole);
}

}  // namespace

int main() {
  const int rates[][2] = {{16000, 48000}, {48000, 16000}, {44100, 16000}, {8000, 16000},
                          {16000, 47999}, {47999, 16000}, {4000, 192000}, {192000, 4000},
                          {191999, 4000}, {4000, 191999}, {16000, 16000}};
  for (const auto& pair : rates) {
    for (const auto quality :
         {ResamplerQuality::kFast, ResamplerQuality::kVoice, ResamplerQuality::kHq, ResamplerQuality::kVhq}) {
      check_stream({pair[0], pair[1], quality});
    }
  }
  CHECK_THROWS(Resampler({0, 16000}), InvalidArgument);
  CHECK_THROWS(Resampler({16000, 192001}), InvalidArgument);
  return n_failures;
}
