#include "audio/real_fft.h"

#include <cmath>
#include <string>

#include "base/error.h"

namespace electron_local {

RealFft::RealFft(std::size_t size) : n_points_(size / 2) {
  if (size < 8 || (size & (size - 1)) != 0) {
    throw InvalidArgument("size must be a power of two and at least 8, got " + std::to_string(size));
  }
  const double turn = 2.0 * std::acos(-1.0) / static_cast<double>(size);
  for (std::size_t k = 0; k <= n_points_; ++k) {
    cosine_.push_back(static_cast<float>(std::cos(turn * static_cast<double>(k))));
    sine_.push_back(static_cast<float>(std::sin(turn * static_cast<double>(k))));
  }
  order_.resize(n_points_);
  for (std::size_t k = 1; k < n_points_; ++k) order_[k] = order_[k / 2] / 2 + (k % 2) * (n_points_ / 2);
  for (std::size_t half = 1; half < n_points_; half *= 2) {
    for (std::size_t j = 0; j < half; ++j) {
      stage_cosine_.push_back(cosine_[j * (n_points_ / half)]);
      stage_sine_.push_back(sine_[j * (n_points_ / half)]);
    }
  }
  re_.resize(n_points_);
  im_.resize(n_points_);
}

// Decimation in time, in place, of points in bit-reversed order.
void RealFft::transform() {
  const float* cosine = stage_cosine_.data();
  const float* sine = stage_sine_.data();
  for (std::size_t half = 1; half < n_points_; half *= 2) {
    for (std::size_t start = 0; start < n_points_; start += 2 * half) {
      float* __restrict top_re = re_.data() + start;
      float* __restrict top_im = im_.data() + start;
      float* __restrict bottom_re = top_re + half;
      float* __restrict bottom_im = top_im + half;
      for (std::size_t j = 0; j < half; ++j) {
        const float re = bottom_re[j] * cosine[j] + bottom_im[j] * sine[j];
        const float im = bottom_im[j] * cosine[j] - bottom_re[j] * sine[j];
        bottom_re[j] = top_re[j] - re;
        bottom_im[j] = top_im[j] - im;
        top_re[j] += re;
        top_im[j] += im;
      }
    }
    cosine += half;
    sine += half;
  }
}

void RealFft::forward(const float* samples, Bins& spectrum) {
  for (std::size_t k = 0; k < n_points_; ++k) {
    re_[k] = samples[2 * order_[k]];
    im_[k] = samples[2 * order_[k] + 1];
  }
  transform();
  // X[k] = E[k] + e^(-2 pi i k / size) O[k], with E and O the transforms of the even and the odd samples.
  for (std::size_t k = 0; k <= n_points_; ++k) {
    const std::size_t a = k % n_points_, b = (n_points_ - k) % n_points_;
    const float even_re = (re_[a] + re_[b]) * 0.5f, even_im = (im_[a] - im_[b]) * 0.5f;
    const float odd_re = (im_[a] + im_[b]) * 0.5f, odd_im = (re_[b] - re_[a]) * 0.5f;
    spectrum.re[k] = even_re + odd_re * cosine_[k] + odd_im * sine_[k];
    spectrum.im[k] = even_im + odd_im * cosine_[k] - odd_re * sine_[k];
  }
}

// The conjugate of the forward transform of the conjugate.
void RealFft::inverse(const Bins& spectrum, float* samples) {
  const std::vector<float>&x = spectrum.re, &y = spectrum.im;
  for (std::size_t i = 0; i < n_points_; ++i) {
    const std::size_t k = order_[i], mirror = n_points_ - k;
    const float even_re = (x[k] + x[mirror]) * 0.5f, even_im = (y[k] - y[mirror]) * 0.5f;
    const float turned_re = (x[k] - x[mirror]) * 0.5f, turned_im = (y[k] + y[mirror]) * 0.5f;
    const float odd_re = turned_re * cosine_[k] - turned_im * sine_[k];
    const float odd_im = turned_re * sine_[k] + turned_im * cosine_[k];
    re_[i] = even_re - odd_im;
    im_[i] = -(even_im + odd_re);
  }
  transform();
  const float scale = 1.0f / static_cast<float>(n_points_);
  for (std::size_t k = 0; k < n_points_; ++k) {
    samples[2 * k] = re_[k] * scale;
    samples[2 * k + 1] = -im_[k] * scale;
  }
}

}  // namespace electron_local
