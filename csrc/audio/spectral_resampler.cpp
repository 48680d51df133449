#include "audio/spectral_resampler.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include "audio/bank_cache.h"
#include "audio/spectral_bank.h"
#include "audio/spectral_kernel.h"
#include "base/aligned.h"

namespace electron_local {
namespace {

// One channel of a recording.
struct Channel {
  const float* input;
  std::size_t n_inputs;
  float* output;
  std::size_t n_outputs;
  std::size_t stride;  // of both
};

// Rows of blocks: in place where a block lies whole and side by side in the recording, else in a copy.
template <typename Real>
class Batch {
 public:
  explicit Batch(const SpectralBank<Real>& bank)
      : bank_(bank),
        n_blocks_(n_batch_blocks<Real>()),
        inputs_(n_blocks_),
        outputs_(n_blocks_),
        input_copies_(n_blocks_ * bank.forward.n_points),
        output_copies_(n_blocks_ * bank.n_outputs),
        work_(make_aligned<Real>(n_batch_values(bank))) {}

  std::size_t n_blocks() const { return n_blocks_; }

  void convert(const Channel& channel, std::size_t first_block) {
    // Neighbours share a lane: what one leaves in the other by rounding is loud only where both are.
    const auto row = [&](std::size_t i) { return i / 2 + i % 2 * (n_blocks_ / 2); };
    for (std::size_t i = 0; i < n_blocks_; ++i) {
      inputs_[row(i)] =
          input_row(channel, first_block + i, input_copies_.data() + i * bank_.forward.n_points);
      outputs_[row(i)] = is_whole_output(channel, first_block + i)
                             ? channel.output + (first_block + i) * bank_.n_outputs
                             : output_copies_.data() + i * bank_.n_outputs;
    }
    convert_batch(bank_, inputs_.data(), outputs_.data(), work_.get());
    for (std::size_t i = 0; i < n_blocks_; ++i) {
      if (is_whole_output(channel, first_block + i)) continue;
      const std::size_t begin = std::min((first_block + i) * bank_.n_outputs, channel.n_outputs);
      const std::size_t n = std::min(bank_.n_outputs, channel.n_outputs - begin);
      for (std::size_t k = 0; k < n; ++k) channel.output[(begin + k) * channel.stride] = outputs_[row(i)][k];
    }
  }

 private:
  bool is_whole_output(const Channel& channel, std::size_t block) const {
    return channel.stride == 1 && (block + 1) * bank_.n_outputs <= channel.n_outputs;
  }

  const float* input_row(const Channel& channel, std::size_t block, float* copy) const {
    const std::size_t n_points = bank_.forward.n_points, n_before = bank_.n_inputs_before;
    const std::size_t middle = block * bank_.n_inputs;
    const bool is_inside = middle >= n_before && middle - n_before + n_points <= channel.n_inputs;
    if (channel.stride == 1 && is_inside) return channel.input + (middle - n_before);
    for (std::size_t i = 0; i < n_points; ++i) {
      const std::size_t at = middle + i;  // n_before later
      copy[i] = at >= n_before && at - n_before < channel.n_inputs
                    ? channel.input[(at - n_before) * channel.stride]
                    : 0.0f;
    }
    return copy;
  }

  const SpectralBank<Real>& bank_;
  std::size_t n_blocks_;
  std::vector<const float*> inputs_;
  std::vector<float*> outputs_;
  std::vector<float> input_copies_;
  std::vector<float> output_copies_;
  AlignedValues<Real> work_;
};

// A NaN or infinity would spoil its whole block.
bool is_finite(const float* samples, std::size_t n_samples) {
  bool is_finite = true;
  for (std::size_t i = 0; i < n_samples; ++i) {
    is_finite &= std::abs(samples[i]) <= std::numeric_limits<float>::max();
  }
  return is_finite;
}

template <typename Real>
bool convert(const ResamplerOptions& options, const float* input, std::size_t n_frames, float* output,
             std::size_t n_outputs) {
  static auto& cache = *new BankCache<std::optional<SpectralBank<Real>>>;
  const BankKey key{options.from_rate_hz, options.to_rate_hz, options.quality, BankPlace::kAlone};
  const auto bank = cache.get(key, [&] { return make_spectral_bank<Real>(options); });
  if (!*bank) return false;
  const std::size_t n_blocks = (n_outputs + (*bank)->n_outputs - 1) / (*bank)->n_outputs;
  const auto n_channels = static_cast<std::size_t>(options.n_channels);
  if (n_blocks < n_batch_blocks<Real>() || !is_finite(input, n_frames * n_channels)) return false;
  Batch<Real> batch(**bank);
  for (std::size_t channel = 0; channel < n_channels; ++channel) {
    const Channel one{input + channel, n_frames, output + channel, n_outputs, n_channels};
    for (std::size_t block = 0; block < n_blocks; block += batch.n_blocks()) batch.convert(one, block);
  }
  return true;
}

}  // namespace

bool resample_spectrally(const ResamplerOptions& options, const float* input, std::size_t n_frames,
                         float* output, std::size_t n_outputs) {
  if (options.from_rate_hz == options.to_rate_hz) return false;
  if (options.quality == ResamplerQuality::kHq) {
    return convert<float>(options, input, n_frames, output, n_outputs);
  }
  if (options.quality == ResamplerQuality::kVhq) {
    return convert<double>(options, input, n_frames, output, n_outputs);
  }
  return false;
}

}  // namespace electron_local
