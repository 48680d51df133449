#include "audio/period_filter.h"

#include <algorithm>
#include <utility>

#include "audio/period_kernel.h"

namespace electron_local {

template <typename Real>
PeriodFilter<Real>::PeriodFilter(std::shared_ptr<const PeriodBank<Real>> bank) : bank_(std::move(bank)) {
  planes_.resize(bank_->n_inputs * bank_->plane_capacity);
  sums_.resize(kMaxColumns * bank_->plane_capacity);
  reset();
}

template <typename Real>
void PeriodFilter<Real>::reset() {
  std::fill(planes_.begin(), planes_.end(), Real{0});
  n_appended_ = bank_->n_history * bank_->n_inputs;
  first_period_ = next_period_ = 0;
}

template <typename Real>
void PeriodFilter<Real>::make_room(std::size_t n_samples) {
  const std::uint64_t end = (n_appended_ + n_samples + bank_->n_inputs - 1) / bank_->n_inputs;
  if (end - first_period_ + kPeriodSlack <= bank_->plane_capacity) return;
  const auto n_used = static_cast<std::ptrdiff_t>(next_period_ - first_period_);
  for (auto plane = planes_.begin(); plane != planes_.end();) {
    const auto next_plane = plane + static_cast<std::ptrdiff_t>(bank_->plane_capacity);
    std::copy(plane + n_used, next_plane, plane);
    plane = next_plane;
  }
  first_period_ = next_period_;
}

template <typename Real>
void PeriodFilter<Real>::append(const float* input, std::size_t stride, std::size_t n_samples) {
  make_room(n_samples);
  const std::size_t n_planes = bank_->n_inputs;
  for (std::size_t first = 0; first < std::min(n_planes, n_samples); ++first) {
    const std::uint64_t number = n_appended_ + first;
    Real* plane =
        planes_.data() + number % n_planes * bank_->plane_capacity + number / n_planes - first_period_;
    const std::size_t n_in_plane = (n_samples - first + n_planes - 1) / n_planes;
    const std::size_t distance = n_planes * stride;
    const float* source = input + first * stride;
    if (distance == 1) {
      std::copy(source, source + n_in_plane, plane);
    } else {
      for (std::size_t i = 0; i < n_in_plane; ++i) plane[i] = static_cast<Real>(source[i * distance]);
    }
  }
  n_appended_ += n_samples;
}

template <typename Real>
void PeriodFilter<Real>::run(const OutputPosition& position, const RateRatio&, std::size_t n_outputs,
                             float* output, std::size_t stride) {
  if (n_outputs == 0) return;
  const std::size_t n_columns = bank_->n_outputs;
  const std::uint64_t first_output = position.number, end_output = first_output + n_outputs;
  const std::uint64_t first = first_output / n_columns, end = (end_output + n_columns - 1) / n_columns;
  const Real* input = planes_.data() + (first - first_period_);
  const std::size_t sums_stride = bank_->plane_capacity;
  for (const ColumnGroup<Real>& group : bank_->groups) {
    convolve_periods(group, input, end - first, sums_.data(), sums_stride);
    for (int i = 0; i < group.n_columns; ++i) {
      const std::size_t column = static_cast<std::size_t>(group.first_column + i);
      const Real* sums = sums_.data() + static_cast<std::size_t>(i) * sums_stride;
      const bool is_before = first * n_columns + column < first_output;
      const bool is_behind = (end - 1) * n_columns + column >= end_output;
      const std::size_t begin = is_before ? 1 : 0, n_periods = end - first - (is_behind ? 1 : 0);
      for (std::size_t period = begin; period < n_periods; ++period) {
        output[((first + period) * n_columns + column - first_output) * stride] =
            static_cast<float>(sums[period]);
      }
    }
  }
  next_period_ = end_output / n_columns;
}

template class PeriodFilter<float>;
template class PeriodFilter<double>;

}  // namespace electron_local
