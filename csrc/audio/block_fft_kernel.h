// The butterflies of block_fft.h, for every instruction set.
#pragma once

#include <utility>

#include "audio/block_fft.h"
#include "base/lanes.h"

namespace electron_local {

// A complex sample of each lane's pair of blocks; in memory the real parts of all lanes come first.
template <typename Real, int kBytes>
struct ComplexLanes {
  static constexpr std::size_t kSize = 2 * kBytes / sizeof(Real);

  Lanes<Real, kBytes> re, im;

  ELECTRON_LOCAL_INLINE void read(const Real* source) {
    load<kBytes>(re, source);
    load<kBytes>(im, source + kSize / 2);
  }
  ELECTRON_LOCAL_INLINE void write(Real* target) const {
    store<kBytes>(target, re);
    store<kBytes>(target + kSize / 2, im);
  }
  // By cosine - i sine.
  ELECTRON_LOCAL_INLINE void turn(Real cosine, Real sine) {
    const Lanes<Real, kBytes> turned = re * cosine + im * sine;
    im = im * cosine - re * sine;
    re = turned;
  }
};

// cos and sin of 2 pi k / radix for k = 1 ... (radix - 1) / 2.
template <int kRadix>
struct Roots;

template <>
struct Roots<3> {
  static constexpr double kCosine[] = {-0.5};
  static constexpr double kSine[] = {0.86602540378443864676};
};

template <>
struct Roots<5> {
  static constexpr double kCosine[] = {0.30901699437494742410, -0.80901699437494742410};
  static constexpr double kSine[] = {0.95105651629515357212, 0.58778525229247312917};
};

template <>
struct Roots<7> {
  static constexpr double kCosine[] = {0.62348980185873353053, -0.22252093395631440429,
                                       -0.90096886790241912624};
  static constexpr double kSine[] = {0.78183148246802980871, 0.97492791218182360702, 0.43388373911755812048};
};

// In place, an odd radix: x[k] and x[radix - k] share their products.
template <int kRadix, typename Real, int kBytes>
ELECTRON_LOCAL_INLINE void butterfly(ComplexLanes<Real, kBytes>* x) {
  constexpr int kPairs = kRadix / 2;
  ComplexLanes<Real, kBytes> sum[kPairs], difference[kPairs];
  const ComplexLanes<Real, kBytes> first = x[0];
#pragma GCC unroll 4
  for (int j = 0; j < kPairs; ++j) {
    const ComplexLanes<Real, kBytes>&a = x[j + 1], &b = x[kRadix - 1 - j];
    sum[j] = {a.re + b.re, a.im + b.im};
    difference[j] = {a.re - b.re, a.im - b.im};
    x[0] = {x[0].re + sum[j].re, x[0].im + sum[j].im};
  }
#pragma GCC unroll 4
  for (int k = 1; k <= kPairs; ++k) {
    ComplexLanes<Real, kBytes> even = first, odd = {};
#pragma GCC unroll 4
    for (int j = 1; j <= kPairs; ++j) {
      const int multiple = j * k % kRadix;
      const int root = (multiple <= kPairs ? multiple : kRadix - multiple) - 1;
      const Real cosine = static_cast<Real>(Roots<kRadix>::kCosine[root]);
      const Real sine =
          static_cast<Real>(multiple <= kPairs ? Roots<kRadix>::kSine[root] : -Roots<kRadix>::kSine[root]);
      even.re += sum[j - 1].re * cosine;
      even.im += sum[j - 1].im * cosine;
      odd.re += difference[j - 1].im * sine;
      odd.im -= difference[j - 1].re * sine;
    }
    x[k] = {even.re + odd.re, even.im + odd.im};
    x[kRadix - k] = {even.re - odd.re, even.im - odd.im};
  }
}

template <typename Real, int kBytes>
ELECTRON_LOCAL_INLINE void butterfly2(ComplexLanes<Real, kBytes>* x) {
  const ComplexLanes<Real, kBytes> a = x[0], b = x[1];
  x[0] = {a.re + b.re, a.im + b.im};
  x[1] = {a.re - b.re, a.im - b.im};
}

template <typename Real, int kBytes>
ELECTRON_LOCAL_INLINE void butterfly4(ComplexLanes<Real, kBytes>* x) {
  const ComplexLanes<Real, kBytes> a = {x[0].re + x[2].re, x[0].im + x[2].im};
  const ComplexLanes<Real, kBytes> b = {x[0].re - x[2].re, x[0].im - x[2].im};
  const ComplexLanes<Real, kBytes> c = {x[1].re + x[3].re, x[1].im + x[3].im};
  const ComplexLanes<Real, kBytes> d = {x[1].re - x[3].re, x[1].im - x[3].im};
  x[0] = {a.re + c.re, a.im + c.im};
  x[1] = {b.re + d.im, b.im - d.re};
  x[2] = {a.re - c.re, a.im - c.im};
  x[3] = {b.re - d.im, b.im + d.re};
}

template <int kRadix, int kBytes, typename Real>
ELECTRON_LOCAL_INLINE void run_pass(const FftPass<Real>& pass, const Real* source, Real* target) {
  using Sample = ComplexLanes<Real, kBytes>;
  const std::size_t distance = pass.n_groups * pass.n_repeats * Sample::kSize;
  const std::size_t step = pass.n_repeats * Sample::kSize;
  const Real* twiddles = pass.twiddles.data();
  for (std::size_t group = 0; group < pass.n_groups; ++group, twiddles += 2 * (kRadix - 1)) {
    for (std::size_t repeat = 0; repeat < pass.n_repeats; ++repeat, source += Sample::kSize) {
      Sample x[kRadix];
#pragma GCC unroll 8
      for (int i = 0; i < kRadix; ++i) x[i].read(source + static_cast<std::size_t>(i) * distance);
      if constexpr (kRadix == 2) {
        butterfly2(x);
      } else if constexpr (kRadix == 4) {
        butterfly4(x);
      } else {
        butterfly<kRadix>(x);
      }
      x[0].write(target);
#pragma GCC unroll 8
      for (int i = 1; i < kRadix; ++i) {
        x[i].turn(twiddles[2 * (i - 1)], twiddles[2 * (i - 1) + 1]);
        x[i].write(target + static_cast<std::size_t>(i) * step);
      }
      target += Sample::kSize;
    }
    target += (kRadix - 1) * step;
  }
}

// X[k] = sum of x[n] e^(-2 pi i k n / n_points), not scaled, of n_points complex samples of all lanes in
// `data`. Both buffers are overwritten; the answer lies in the one that is returned. The inverse is the same
// with real and imaginary parts swapped on both sides.
template <int kBytes, typename Real>
ELECTRON_LOCAL_INLINE Real* transform(const BlockFft<Real>& fft, Real* data, Real* scratch) {
  for (const FftPass<Real>& pass : fft.passes) {
    switch (pass.radix) {
      case 2:
        run_pass<2, kBytes>(pass, data, scratch);
        break;
      case 3:
        run_pass<3, kBytes>(pass, data, scratch);
        break;
      case 4:
        run_pass<4, kBytes>(pass, data, scratch);
        break;
      case 5:
        run_pass<5, kBytes>(pass, data, scratch);
        break;
      default:
        run_pass<7, kBytes>(pass, data, scratch);
    }
    std::swap(data, scratch);
  }
  return data;
}

}  // namespace electron_local
