#include "audio/polyphase_filter.h"

#include <algorithm>
#include <utility>

#include "audio/polyphase_kernel.h"

namespace electron_local {

template <typename Real>
PolyphaseFilter<Real>::PolyphaseFilter(std::shared_ptr<const PolyphaseBank<Real>> bank)
    : bank_(std::move(bank)) {
  samples_.resize(bank_->n_taps + 2 * kBlockSamples);
  reset();
}

template <typename Real>
void PolyphaseFilter<Real>::reset() {
  n_samples_ = bank_->n_taps - 1;
  std::fill_n(samples_.begin(), n_samples_, Real{0});
  first_sample_ = next_sample_ = 0;
}

template <typename Real>
void PolyphaseFilter<Real>::append(const float* input, std::size_t stride, std::size_t n_samples) {
  if (n_samples_ + n_samples > samples_.size()) {
    const std::size_t n_used = std::min<std::uint64_t>(next_sample_ - first_sample_, n_samples_);
    std::copy(samples_.begin() + static_cast<std::ptrdiff_t>(n_used),
              samples_.begin() + static_cast<std::ptrdiff_t>(n_samples_), samples_.begin());
    n_samples_ -= n_used;
    first_sample_ += n_used;
  }
  Real* target = samples_.data() + n_samples_;
  if (stride == 1) {
    std::copy(input, input + n_samples, target);
  } else {
    for (std::size_t i = 0; i < n_samples; ++i) target[i] = static_cast<Real>(input[i * stride]);
  }
  n_samples_ += n_samples;
}

// Of the window of an output.
template <typename Real>
std::uint64_t PolyphaseFilter<Real>::start(const OutputPosition& position, const RateRatio& ratio) const {
  if (bank_->is_interpolated) return position.newest;
  return position.number / bank_->n_rows * ratio.step + bank_->starts[position.number % bank_->n_rows];
}

template <typename Real>
void PolyphaseFilter<Real>::run(const OutputPosition& position, const RateRatio& ratio, std::size_t n_outputs,
                                float* output, std::size_t stride) {
  sums_.resize(n_outputs);
  if (bank_->is_interpolated) {
    run_between_rows(position, ratio, n_outputs);
  } else {
    run_by_rows(position, ratio, n_outputs);
  }
  if (stride == 1) {
    std::transform(sums_.begin(), sums_.end(), output, [](Real sum) { return static_cast<float>(sum); });
  } else {
    for (std::size_t i = 0; i < n_outputs; ++i) output[i * stride] = static_cast<float>(sums_[i]);
  }
  next_sample_ = start(advanced(position, ratio, n_outputs), ratio);
}

template <typename Real>
void PolyphaseFilter<Real>::run_by_rows(const OutputPosition& position, const RateRatio& ratio,
                                        std::size_t n_outputs) {
  const std::size_t n_rows = bank_->n_rows, first_row = position.number % n_rows;
  // Runs of neighbouring rows that serve equally many outputs: rows before `n_longer` serve one more, and
  // after the last row comes the first.
  const std::size_t n_used_rows = std::min(n_outputs, n_rows);
  const std::size_t n_shorter = n_outputs / n_rows, n_longer = n_outputs % n_rows;
  std::size_t first = 0;
  while (first < n_used_rows) {
    const bool is_next_period = first_row + first >= n_rows;
    const std::size_t row = first_row + first - (is_next_period ? n_rows : 0);
    const std::size_t end = std::min(first < n_longer ? n_longer : n_used_rows, first + n_rows - row);
    const std::size_t n_windows = n_shorter + (first < n_longer ? 1 : 0);
    const std::uint64_t period = position.number / n_rows + (is_next_period ? 1 : 0);
    const Real* input = samples_.data() + (period * ratio.step + bank_->starts[row] - first_sample_);
    compute(DotProducts<Real>{bank_->row(row), bank_->n_taps, input, bank_->starts.data() + row,
                              bank_->rows_per_window > 1, end - first, n_windows, ratio.step,
                              sums_.data() + first, n_rows});
    first = end;
  }
}

// Lagrange's polynomial through the dot products of the four rows around the phase.
template <typename Real>
void PolyphaseFilter<Real>::run_between_rows(OutputPosition position, const RateRatio& ratio,
                                             std::size_t n_outputs) {
  const std::uint64_t whole_step = ratio.step / ratio.n_phases, phase_step = ratio.step % ratio.n_phases;
  const double rows_per_tick = bank_->n_rows / static_cast<double>(ratio.n_phases);
  for (std::size_t i = 0; i < n_outputs; ++i) {
    const double row = static_cast<double>(position.phase) * rows_per_tick;
    const auto index = static_cast<std::size_t>(row);  // of row index - 1, since row -1 is stored first
    const double x = row - static_cast<double>(index);
    static constexpr std::uint32_t kStarts[4] = {};
    Real dots[4];
    compute(DotProducts<Real>{bank_->row(index), bank_->n_taps,
                              samples_.data() + (position.newest - first_sample_), kStarts, true, 4, 1, 0,
                              dots, 0});
    const double weights[4] = {-x * (x - 1) * (x - 2) / 6, (x + 1) * (x - 1) * (x - 2) / 2,
                               -(x + 1) * x * (x - 2) / 2, (x + 1) * x * (x - 1) / 6};
    double sum = 0.0;
    for (int k = 0; k < 4; ++k) sum += weights[k] * static_cast<double>(dots[k]);
    sums_[i] = static_cast<Real>(sum);
    advance(position, ratio, whole_step, phase_step);
  }
}

template class PolyphaseFilter<float>;
template class PolyphaseFilter<double>;

}  // namespace electron_local
