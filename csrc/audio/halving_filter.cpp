#include "audio/halving_filter.h"

#include <utility>

namespace electron_local {
namespace {

constexpr RateRatio kHalf{1, 2};

}  // namespace

HalvingFilter::HalvingFilter(std::unique_ptr<ChannelFilter> first, std::unique_ptr<ChannelFilter> second,
                             const RateRatio& ratio)
    : first_(std::move(first)),
      second_(std::move(second)),
      ratio_(ratio),
      middle_(first_->n_block() / 2 + 1) {}

void HalvingFilter::append(const float* input, std::size_t stride, std::size_t n_samples) {
  first_->append(input, stride, n_samples);
  n_input_ += n_samples;
  const std::size_t n_middle = (n_input_ + 1) / 2 - next_middle_.number;
  first_->run(next_middle_, kHalf, n_middle, middle_.data(), 1);
  next_middle_ = advanced(next_middle_, kHalf, n_middle);
  second_->append(middle_.data(), 1, n_middle);
}

// An output may be possible a sample of the input earlier than the whole ratio has it: it waits.
void HalvingFilter::run(const OutputPosition& position, const RateRatio&, std::size_t n_outputs,
                        float* output, std::size_t stride) {
  second_->run(advanced({}, ratio_, position.number), ratio_, n_outputs, output, stride);
}

void HalvingFilter::reset() {
  first_->reset();
  second_->reset();
  n_input_ = 0;
  next_middle_ = {};
}

}  // namespace electron_local
