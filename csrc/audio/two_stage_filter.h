// Two filters one after the other, through a rate between: one of them sharp, where a short period makes that
// cheap, and one short, where the period is long.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "audio/channel_filter.h"

namespace electron_local {

class TwoStageFilter : public ChannelFilter {
 public:
  // `second` counts the delay of `first` in.
  TwoStageFilter(std::unique_ptr<ChannelFilter> first, const RateRatio& first_ratio,
                 std::unique_ptr<ChannelFilter> second, const RateRatio& second_ratio);

  std::size_t delay() const override { return second_->delay(); }
  std::size_t n_block() const override { return n_block_; }
  void append(const float* input, std::size_t stride, std::size_t n_samples) override;
  void run(const OutputPosition& position, const RateRatio& ratio, std::size_t n_outputs, float* output,
           std::size_t stride) override;
  void reset() override;

 private:
  std::unique_ptr<ChannelFilter> first_;
  std::unique_ptr<ChannelFilter> second_;
  RateRatio first_ratio_;
  RateRatio second_ratio_;
  std::size_t n_block_;
  std::vector<float> middle_;  // what `first` makes of a block
  std::uint64_t n_input_ = 0;
  OutputPosition next_middle_;
};

}  // namespace electron_local
