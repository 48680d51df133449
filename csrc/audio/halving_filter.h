// Two filters one after the other: half the rate, then the rest of the way.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "audio/channel_filter.h"

namespace electron_local {

class HalvingFilter : public ChannelFilter {
 public:
  // `second` counts the delay of `first` in; `ratio` is that of `second`.
  HalvingFilter(std::unique_ptr<ChannelFilter> first, std::unique_ptr<ChannelFilter> second,
                const RateRatio& ratio);

  std::size_t delay() const override { return second_->delay(); }
  std::size_t n_block() const override { return first_->n_block(); }
  void append(const float* input, std::size_t stride, std::size_t n_samples) override;
  void run(const OutputPosition& position, const RateRatio& ratio, std::size_t n_outputs, float* output,
           std::size_t stride) override;
  void reset() override;

 private:
  std::unique_ptr<ChannelFilter> first_;
  std::unique_ptr<ChannelFilter> second_;
  RateRatio ratio_;
  std::vector<float> middle_;  // what `first` makes of a block
  std::uint64_t n_input_ = 0;
  OutputPosition next_middle_;
};

}  // namespace electron_local
