#include "audio/block_fft.h"

#include <cmath>

namespace electron_local {
namespace {

constexpr int kRadices[] = {4, 2, 3, 5, 7};

}  // namespace

bool is_fft_size(std::size_t n_points) {
  for (const int radix : {2, 3, 5, 7}) {
    while (n_points % static_cast<std::size_t>(radix) == 0) n_points /= static_cast<std::size_t>(radix);
  }
  return n_points == 1;
}

template <typename Real>
BlockFft<Real> make_block_fft(std::size_t n_points) {
  BlockFft<Real> fft{n_points, {}};
  const double turn = 2.0 * std::acos(-1.0);
  std::size_t n_left = n_points, n_repeats = 1;
  for (const int radix : kRadices) {
    const auto n = static_cast<std::size_t>(radix);
    while (n_left % n == 0) {
      FftPass<Real> pass{radix, n_left / n, n_repeats, {}};
      for (std::size_t group = 0; group < pass.n_groups; ++group) {
        for (std::size_t i = 1; i < n; ++i) {
          const double angle = turn * static_cast<double>(group * i) / static_cast<double>(n_left);
          pass.twiddles.push_back(static_cast<Real>(std::cos(angle)));
          pass.twiddles.push_back(static_cast<Real>(std::sin(angle)));
        }
      }
      fft.passes.push_back(std::move(pass));
      n_left /= n;
      n_repeats *= n;
    }
  }
  return fft;
}

template BlockFft<float> make_block_fft<float>(std::size_t);
template BlockFft<double> make_block_fft<double>(std::size_t);

}  // namespace electron_local
