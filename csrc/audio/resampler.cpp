#include "audio/resampler.h"

#include <algorithm>
#include <string>

#include "base/error.h"

namespace electron_local {
namespace {

// Input is taken in blocks, so that a long array does not grow the buffer.
constexpr std::size_t kBlockSamples = 4096;

void check_rate(const char* name, int rate_hz) {
  if (rate_hz >= kMinRateHz && rate_hz <= kMaxRateHz) return;
  throw InvalidArgument(std::string(name) + " must lie between " + std::to_string(kMinRateHz) + " and " +
                        std::to_string(kMaxRateHz) + " Hz, got " + std::to_string(rate_hz));
}

// Float sums stay below the stop-band of every preset but the best.
bool needs_double(ResamplerQuality quality) { return quality == ResamplerQuality::kVhq; }

}  // namespace

Resampler::Resampler(const ResamplerOptions& options) {
  check_rate("from_rate", options.from_rate_hz);
  check_rate("to_rate", options.to_rate_hz);
  ratio_ = reduce_rates(options.from_rate_hz, options.to_rate_hz);
  const auto adopt = [this](auto bank) {
    n_taps_ = bank.n_taps;
    delay_ = bank.delay;
    bank_ = std::move(bank);
  };
  if (ratio_.n_phases != ratio_.step) {
    if (needs_double(options.quality)) {
      adopt(make_polyphase_bank<double>(options.from_rate_hz, options.to_rate_hz, options.quality));
    } else {
      adopt(make_polyphase_bank<float>(options.from_rate_hz, options.to_rate_hz, options.quality));
    }
  }
  reset();
}

void Resampler::reset() {
  has_input_ = false;
  if (n_taps_ == 0) return;
  buffer_.assign(n_taps_ - 1, 0.0f);
  cursor_ = {n_taps_ - 1, 0};
}

std::size_t Resampler::output_size(std::size_t n_samples) const {
  if (n_taps_ == 0) return n_samples;
  // In ticks of 1 / n_phases of an input interval, counted from the start of the buffer.
  const std::uint64_t end = (std::uint64_t{buffer_.size()} + n_samples) * ratio_.n_phases;
  const std::uint64_t next = std::uint64_t{cursor_.newest} * ratio_.n_phases + cursor_.phase;
  return next >= end ? 0 : (end - next + ratio_.step - 1) / ratio_.step;
}

std::size_t Resampler::process(const float* input, std::size_t n_samples, float* output) {
  if (n_samples == 0) return 0;
  has_input_ = true;
  if (n_taps_ == 0) {
    std::copy(input, input + n_samples, output);
    return n_samples;
  }
  std::size_t n_outputs = 0;
  while (n_samples > 0) {
    const std::size_t n_block = std::min(n_samples, kBlockSamples);
    const std::size_t n_block_outputs = output_size(n_block);
    append_and_run(input, n_block, n_block_outputs, output + n_outputs);
    n_outputs += n_block_outputs;
    input += n_block;
    n_samples -= n_block;
  }
  return n_outputs;
}

std::size_t Resampler::flush(float* output) {
  const std::vector<float> silence(kBlockSamples, 0.0f);
  const std::size_t n_wanted = flush_size();
  std::size_t n_outputs = 0;
  while (n_outputs < n_wanted) {
    const std::size_t n_block_outputs = std::min(n_wanted - n_outputs, output_size(silence.size()));
    append_and_run(silence.data(), silence.size(), n_block_outputs, output + n_outputs);
    n_outputs += n_block_outputs;
  }
  reset();
  return n_outputs;
}

void Resampler::append_and_run(const float* input, std::size_t n_samples, std::size_t n_outputs,
                               float* output) {
  buffer_.insert(buffer_.end(), input, input + n_samples);
  if (const auto* bank = std::get_if<PolyphaseBank<float>>(&bank_)) {
    run_polyphase(*bank, buffer_.data(), n_outputs, cursor_, output);
  } else if (const auto* precise = std::get_if<PolyphaseBank<double>>(&bank_)) {
    run_polyphase(*precise, buffer_.data(), n_outputs, cursor_, output);
  }
  const std::size_t n_used = cursor_.newest - (n_taps_ - 1);
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(n_used));
  cursor_.newest -= n_used;
}

}  // namespace electron_local
