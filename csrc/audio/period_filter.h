// The filter of ratios with a short period.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "audio/channel_filter.h"
#include "audio/period_bank.h"

namespace electron_local {

template <typename Real>
class PeriodFilter : public ChannelFilter {
 public:
  explicit PeriodFilter(std::shared_ptr<const PeriodBank<Real>> bank);

  std::size_t delay() const override { return bank_->delay; }
  std::size_t n_block() const override { return bank_->n_block; }
  void append(const float* input, std::size_t stride, std::size_t n_samples) override;
  void run(const OutputPosition& position, const RateRatio& ratio, std::size_t n_outputs, float* output,
           std::size_t stride) override;
  void reset() override;

 private:
  void make_room(std::size_t n_samples);

  std::shared_ptr<const PeriodBank<Real>> bank_;
  std::vector<Real> planes_;        // n_inputs planes of plane_capacity samples
  std::vector<Real> sums_;          // of one group
  std::uint64_t n_appended_ = 0;    // samples, with the silence before the stream
  std::uint64_t first_period_ = 0;  // of the stream with that silence: the one at the start of the planes
  std::uint64_t next_period_ = 0;   // earlier ones are not read again
};

}  // namespace electron_local
