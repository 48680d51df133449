// Fourier transform of real blocks.
#pragma once

#include <cstddef>
#include <vector>

namespace electron_local {

// The bins 0 ... size / 2 of one transform.
struct Bins {
  std::vector<float> re;
  std::vector<float> im;

  explicit Bins(std::size_t n_bins = 0) : re(n_bins), im(n_bins) {}
  std::size_t n_bins() const { return re.size(); }
};

// A transform of `size` real samples, a power of two from 8 on, through one of half as many complex ones.
// Owns its scratch space: used by one thread at a time.
class RealFft {
 public:
  explicit RealFft(std::size_t size);

  std::size_t size() const { return 2 * n_points_; }
  std::size_t n_bins() const { return n_points_ + 1; }

  // Not scaled.
  void forward(const float* samples, Bins& spectrum);

  // Scaled by 1 / size: what forward() took comes back.
  void inverse(const Bins& spectrum, float* samples);

 private:
  void transform();

  std::size_t n_points_;
  std::vector<std::size_t> order_;  // bit-reversed index
  std::vector<float> cosine_;       // of 2 pi k / size
  std::vector<float> sine_;
  std::vector<float> stage_cosine_;  // the twiddles of each stage, one stage after the other
  std::vector<float> stage_sine_;
  std::vector<float> re_;
  std::vector<float> im_;
};

}  // namespace electron_local
