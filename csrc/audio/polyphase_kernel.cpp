#include "audio/polyphase_kernel.h"

namespace electron_local {
namespace {

// Independent lanes, added pairwise at the end: vectorisable without reordering a sum, and short sums stay
// exact to well below the stop-band.
template <typename Real>
Real dot(const float* window, const Real* row, std::size_t n_taps) {
  Real lanes[kTapGranularity] = {};
  for (std::size_t tap = 0; tap < n_taps; tap += kTapGranularity) {
    for (std::size_t lane = 0; lane < kTapGranularity; ++lane) {
      lanes[lane] += static_cast<Real>(window[tap + lane]) * row[tap + lane];
    }
  }
  for (std::size_t width = kTapGranularity / 2; width > 0; width /= 2) {
    for (std::size_t lane = 0; lane < width; ++lane) lanes[lane] += lanes[lane + width];
  }
  return lanes[0];
}

// Lagrange's polynomial through the four rows around the phase.
template <typename Real>
Real interpolated_dot(const PolyphaseBank<Real>& bank, const float* window, std::uint32_t phase) {
  const std::uint64_t position = std::uint64_t{phase} * bank.n_rows;
  const std::size_t index = position / bank.ratio.n_phases;  // of row index - 1, since row -1 is stored first
  const double x = static_cast<double>(position % bank.ratio.n_phases) / bank.ratio.n_phases;
  const double weights[4] = {-x * (x - 1) * (x - 2) / 6, (x + 1) * (x - 1) * (x - 2) / 2,
                             -(x + 1) * x * (x - 2) / 2, (x + 1) * x * (x - 1) / 6};
  double sum = 0.0;
  for (std::size_t i = 0; i < 4; ++i) sum += weights[i] * dot(window, bank.row(index + i), bank.n_taps);
  return static_cast<Real>(sum);
}

}  // namespace

template <typename Real>
void run_polyphase(const PolyphaseBank<Real>& bank, const float* input, std::size_t n_outputs,
                   PolyphaseCursor& cursor, float* output) {
  const RateRatio ratio = bank.ratio;
  const std::size_t whole_step = ratio.step / ratio.n_phases;
  const std::uint32_t phase_step = ratio.step % ratio.n_phases;
  for (std::size_t i = 0; i < n_outputs; ++i) {
    const float* window = input + cursor.newest + 1 - bank.n_taps;
    output[i] = static_cast<float>(bank.is_interpolated ? interpolated_dot(bank, window, cursor.phase)
                                                        : dot(window, bank.row(cursor.phase), bank.n_taps));
    cursor.newest += whole_step;
    cursor.phase += phase_step;
    if (cursor.phase >= ratio.n_phases) {
      cursor.phase -= ratio.n_phases;
      ++cursor.newest;
    }
  }
}

template void run_polyphase<float>(const PolyphaseBank<float>&, const float*, std::size_t, PolyphaseCursor&,
                                   float*);
template void run_polyphase<double>(const PolyphaseBank<double>&, const float*, std::size_t, PolyphaseCursor&,
                                    float*);

}  // namespace electron_local
