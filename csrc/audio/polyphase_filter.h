// The filter of ratios with a long period, and of ratios that drift.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "audio/channel_filter.h"

namespace electron_local {

// Outputs one period apart share a row: each row is loaded once for all of a piece that use it.
template <typename Real>
class PolyphaseFilter : public ChannelFilter {
 public:
  explicit PolyphaseFilter(std::shared_ptr<const PolyphaseBank<Real>> bank);

  std::size_t delay() const override { return bank_->delay; }
  std::size_t n_block() const override { return kBlockSamples; }
  void append(const float* input, std::size_t stride, std::size_t n_samples) override;
  void run(const OutputPosition& position, const RateRatio& ratio, std::size_t n_outputs, float* output,
           std::size_t stride) override;
  void reset() override;

 private:
  static constexpr std::size_t kBlockSamples = 4096;

  void run_by_rows(const OutputPosition& position, const RateRatio& ratio, std::size_t n_outputs);
  void run_between_rows(OutputPosition position, const RateRatio& ratio, std::size_t n_outputs);
  std::uint64_t start(const OutputPosition& position, const RateRatio& ratio) const;

  std::shared_ptr<const PolyphaseBank<Real>> bank_;
  std::vector<Real> samples_;       // from first_sample_ on; n_taps - 1 zeros before the stream
  std::vector<Real> sums_;          // the outputs of one run
  std::size_t n_samples_ = 0;       // in samples_
  std::uint64_t first_sample_ = 0;  // of the stream, counted with those zeros
  std::uint64_t next_sample_ = 0;   // earlier ones are not read again
};

}  // namespace electron_local
