#include "audio/two_stage_filter.h"

#include <algorithm>
#include <utility>

namespace electron_local {
namespace {

// How many outputs n_inputs have made possible since the start.
std::uint64_t n_outputs_after(std::uint64_t n_inputs, const RateRatio& ratio) {
  const auto ticks = static_cast<unsigned __int128>(n_inputs) * ratio.n_phases;
  return static_cast<std::uint64_t>((ticks + ratio.step - 1) / ratio.step);
}

}  // namespace

TwoStageFilter::TwoStageFilter(std::unique_ptr<ChannelFilter> first, const RateRatio& first_ratio,
                               std::unique_ptr<ChannelFilter> second, const RateRatio& second_ratio)
    : first_(std::move(first)),
      second_(std::move(second)),
      first_ratio_(first_ratio),
      second_ratio_(second_ratio) {
  const std::uint64_t n_for_second = (second_->n_block() - 1) * first_ratio_.step / first_ratio_.n_phases;
  n_block_ = std::min<std::uint64_t>(first_->n_block(), n_for_second);
  middle_.resize(n_outputs_after(n_block_, first_ratio_) + 1);
}

void TwoStageFilter::append(const float* input, std::size_t stride, std::size_t n_samples) {
  first_->append(input, stride, n_samples);
  n_input_ += n_samples;
  const auto n_middle =
      static_cast<std::size_t>(n_outputs_after(n_input_, first_ratio_) - next_middle_.number);
  if (n_middle == 0) return;
  first_->run(next_middle_, first_ratio_, n_middle, middle_.data(), 1);
  next_middle_ = advanced(next_middle_, first_ratio_, n_middle);
  second_->append(middle_.data(), 1, n_middle);
}

// An output may be possible a sample of the input earlier than the whole ratio has it: it waits.
void TwoStageFilter::run(const OutputPosition& position, const RateRatio&, std::size_t n_outputs,
                         float* output, std::size_t stride) {
  second_->run(advanced({}, second_ratio_, position.number), second_ratio_, n_outputs, output, stride);
}

void TwoStageFilter::reset() {
  first_->reset();
  second_->reset();
  n_input_ = 0;
  next_middle_ = {};
}

}  // namespace electron_local
