#include "vad/spectrum.h"

#include <cmath>
#include <cstring>

namespace electron_local {
namespace {

static_assert(kStftFrames == 4, "one lane a frame");
using Lanes = float __attribute__((vector_size(16)));

constexpr int kBits = 7;  // of the 128 complex points

}  // namespace

Spectrum::Spectrum() {
  const double turn = 2.0 * std::acos(-1.0) / kStftSamples;
  for (int n = 0; n < kStftSamples; ++n) window_[n] = static_cast<float>(0.5 - 0.5 * std::cos(turn * n));
  for (int k = 0; k < kPoints; ++k) {
    cosine_[k] = static_cast<float>(std::cos(turn * k));
    sine_[k] = static_cast<float>(std::sin(turn * k));
    order_[k] = 0;
    for (int bit = 0; bit < kBits; ++bit) order_[k] |= ((k >> bit) & 1) << (kBits - 1 - bit);
  }
}

void Spectrum::magnitudes(const float* samples, float* magnitudes) const {
  Lanes real[kPoints];
  Lanes imag[kPoints];
  for (int k = 0; k < kPoints; ++k) {
    const int n = 2 * order_[k];
    const float* x = samples + n;
    real[k] = Lanes{x[0], x[kStftStride], x[2 * kStftStride], x[3 * kStftStride]} * window_[n];
    imag[k] =
        Lanes{x[1], x[kStftStride + 1], x[2 * kStftStride + 1], x[3 * kStftStride + 1]} * window_[n + 1];
  }
  for (int half = 1; half < kPoints; half *= 2) {
    const int step = kPoints / half;  // of the twiddle e^(-2 pi i j step / 256)
    for (int j = 0; j < half; ++j) {
      const float c = cosine_[j * step];
      const float s = sine_[j * step];
      for (int top = j; top < kPoints; top += 2 * half) {
        const int bottom = top + half;
        const Lanes re = real[bottom] * c + imag[bottom] * s;
        const Lanes im = imag[bottom] * c - real[bottom] * s;
        real[bottom] = real[top] - re;
        imag[bottom] = imag[top] - im;
        real[top] += re;
        imag[top] += im;
      }
    }
  }
  // X[k] = E[k] + e^(-2 pi i k / 256) O[k], with E and O the transforms of the even and odd samples.
  for (int k = 0; k <= kPoints; ++k) {
    const int a = k % kPoints;
    const int b = (kPoints - k) % kPoints;
    const float c = k == kPoints ? -1.0f : cosine_[a];
    const float s = k == kPoints ? 0.0f : sine_[a];
    const Lanes even_re = (real[a] + real[b]) * 0.5f;
    const Lanes even_im = (imag[a] - imag[b]) * 0.5f;
    const Lanes odd_re = (imag[a] + imag[b]) * 0.5f;
    const Lanes odd_im = (real[b] - real[a]) * 0.5f;
    const Lanes re = even_re + odd_re * c + odd_im * s;
    const Lanes im = even_im + odd_im * c - odd_re * s;
    const Lanes power = re * re + im * im;
    for (int f = 0; f < kStftFrames; ++f) magnitudes[k * kStftFrames + f] = std::sqrt(power[f]);
  }
}

}  // namespace electron_local
