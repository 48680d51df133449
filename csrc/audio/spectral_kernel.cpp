#include "audio/spectral_kernel.h"

#include <algorithm>

#include "audio/block_fft_kernel.h"
#include "base/cpu.h"

namespace electron_local {
namespace {

// From the band of one block size to that of the other, real and imaginary parts swapped for the inverse.
template <int kBytes, typename Real>
ELECTRON_LOCAL_INLINE void weight(const SpectralBank<Real>& bank, const Real* spectrum, Real* weighted) {
  using Sample = ComplexLanes<Real, kBytes>;
  const std::size_t n_in = bank.forward.n_points, n_out = bank.backward.n_points, n_gains = bank.gains.size();
  const auto move = [&](std::size_t from, std::size_t to, Real gain) {
    Sample x;
    x.read(spectrum + from * Sample::kSize);
    Sample{x.im * gain, x.re * gain}.write(weighted + to * Sample::kSize);
  };
  for (std::size_t k = 0; k < n_gains; ++k) move(k, k, bank.gains[k]);
  std::fill(weighted + n_gains * Sample::kSize, weighted + (n_out - n_gains + 1) * Sample::kSize, Real{0});
  for (std::size_t k = n_gains - 1; k > 0; --k) move(n_in - k, n_out - k, bank.gains[k]);
}

template <int kBytes, typename Real>
ELECTRON_LOCAL_INLINE void convert(const SpectralBank<Real>& bank, const float* const* inputs,
                                   float* const* outputs, Real* work) {
  constexpr std::size_t kRows = ComplexLanes<Real, kBytes>::kSize;
  const std::size_t n_in = bank.forward.n_points;
  const std::size_t n_buffer = std::max(n_in, bank.backward.n_points) * kRows;
  Real* scratch = work + n_buffer;
  for (std::size_t i = 0; i < n_in; ++i) {
    Real* sample = work + i * kRows;
#pragma GCC unroll 32
    for (std::size_t row = 0; row < kRows; ++row) sample[row] = static_cast<Real>(inputs[row][i]);
  }
  Real* spectrum = transform<kBytes>(bank.forward, work, scratch);
  Real* weighted = spectrum == work ? scratch : work;
  weight<kBytes>(bank, spectrum, weighted);
  const Real* samples = transform<kBytes>(bank.backward, weighted, spectrum) + bank.n_outputs_before * kRows;
  for (std::size_t i = 0; i < bank.n_outputs; ++i) {
    const Real* sample = samples + i * kRows;
#pragma GCC unroll 32
    for (std::size_t row = 0; row < kRows; ++row) {
      outputs[row][i] = static_cast<float>(sample[(row + kRows / 2) % kRows]);
    }
  }
}

template <typename Real>
using Kernel = void (*)(const SpectralBank<Real>&, const float* const*, float* const*, Real*);

template <typename Real>
void convert_baseline(const SpectralBank<Real>& bank, const float* const* inputs, float* const* outputs,
                      Real* work) {
  convert<kBaselineBytes>(bank, inputs, outputs, work);
}

#if defined(__x86_64__)
template <typename Real>
ELECTRON_LOCAL_AVX2 void convert_avx2(const SpectralBank<Real>& bank, const float* const* inputs,
                                      float* const* outputs, Real* work) {
  convert<kAvx2Bytes>(bank, inputs, outputs, work);
}

template <typename Real>
ELECTRON_LOCAL_AVX512 void convert_avx512(const SpectralBank<Real>& bank, const float* const* inputs,
                                          float* const* outputs, Real* work) {
  convert<kAvx512Bytes>(bank, inputs, outputs, work);
}
#endif

// A kernel and the bytes of its vectors.
template <typename Real>
std::pair<Kernel<Real>, std::size_t> select_kernel() {
#if defined(__x86_64__)
  if (isa_for_unaligned_vectors() == Isa::kAvx512) return {convert_avx512<Real>, kAvx512Bytes};
  if (isa_for_unaligned_vectors() == Isa::kAvx2) return {convert_avx2<Real>, kAvx2Bytes};
#endif
  return {convert_baseline<Real>, kBaselineBytes};  // NEON is part of the baseline where it exists
}

template <typename Real>
const std::pair<Kernel<Real>, std::size_t>& kernel() {
  static const auto selected = select_kernel<Real>();
  return selected;
}

}  // namespace

template <typename Real>
std::size_t n_batch_blocks() {
  return 2 * kernel<Real>().second / sizeof(Real);
}

template <typename Real>
std::size_t n_batch_values(const SpectralBank<Real>& bank) {
  return 2 * std::max(bank.forward.n_points, bank.backward.n_points) * n_batch_blocks<Real>();
}

template <typename Real>
void convert_batch(const SpectralBank<Real>& bank, const float* const* inputs, float* const* outputs,
                   Real* work) {
  kernel<Real>().first(bank, inputs, outputs, work);
}

template std::size_t n_batch_blocks<float>();
template std::size_t n_batch_blocks<double>();
template std::size_t n_batch_values<float>(const SpectralBank<float>&);
template std::size_t n_batch_values<double>(const SpectralBank<double>&);
template void convert_batch<float>(const SpectralBank<float>&, const float* const*, float* const*, float*);
template void convert_batch<double>(const SpectralBank<double>&, const float* const*, float* const*, double*);

}  // namespace electron_local
