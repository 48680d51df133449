#include "vad/packed_matrix.h"

#include <string>

#include "base/cpu.h"
#include "base/error.h"

namespace electron_local {
namespace {

constexpr int kBlockRows = PackedMatrix::kBlockRows;

struct Operands {
  const float* weight;  // [n_out / 64][n_in][64]
  const float* bias;    // [n_out]
  const float* in;      // [n_in][n_vectors]
  float* out;           // [n_vectors][n_out]
  int n_in;
  int n_out;
};

// One source for all instruction sets: each entry below inlines it under its own target. Eight accumulators
// of `kLanes` floats hide the latency of the multiply-add.
template <int kLanes, int kVectors>
__attribute__((always_inline)) inline void multiply_vectors(const Operands& x) {
  typedef float Lanes __attribute__((vector_size(kLanes * sizeof(float)), aligned(sizeof(float)), may_alias));
  constexpr int kWide = kLanes * 8 / kVectors > kBlockRows ? kBlockRows / kLanes : 8 / kVectors;
  constexpr int kRows = kLanes * kWide;
  for (int block = 0; block < x.n_out; block += kBlockRows) {
    for (int row = block; row < block + kBlockRows; row += kRows) {
      const float* weight = x.weight + static_cast<long>(block) * x.n_in + (row - block);
      Lanes sum[kVectors][kWide];
#pragma GCC unroll 8
      for (int t = 0; t < kVectors; ++t) {
#pragma GCC unroll 8
        for (int i = 0; i < kWide; ++i) {
          sum[t][i] = *reinterpret_cast<const Lanes*>(x.bias + row + i * kLanes);
        }
      }
      for (int j = 0; j < x.n_in; ++j, weight += kBlockRows) {
#pragma GCC unroll 8
        for (int i = 0; i < kWide; ++i) {
          const Lanes column = *reinterpret_cast<const Lanes*>(weight + i * kLanes);
#pragma GCC unroll 8
          for (int t = 0; t < kVectors; ++t) sum[t][i] += column * x.in[j * kVectors + t];
        }
      }
#pragma GCC unroll 8
      for (int t = 0; t < kVectors; ++t) {
#pragma GCC unroll 8
        for (int i = 0; i < kWide; ++i) {
          *reinterpret_cast<Lanes*>(x.out + t * x.n_out + row + i * kLanes) = sum[t][i];
        }
      }
    }
  }
}

template <int kLanes>
__attribute__((always_inline)) inline void multiply_any(const Operands& x, int n_vectors) {
  if (n_vectors == 1) return multiply_vectors<kLanes, 1>(x);
  if (n_vectors == 2) return multiply_vectors<kLanes, 2>(x);
  multiply_vectors<kLanes, 4>(x);
}

void multiply_baseline(const Operands& x, int n_vectors) { multiply_any<4>(x, n_vectors); }

#if defined(__x86_64__)
__attribute__((target("avx2,fma"))) void multiply_avx2(const Operands& x, int n_vectors) {
  multiply_any<8>(x, n_vectors);
}

__attribute__((target("avx512f,fma"))) void multiply_avx512(const Operands& x, int n_vectors) {
  multiply_any<16>(x, n_vectors);
}
#endif

using Kernel = void (*)(const Operands&, int);

Kernel select_kernel() {
#if defined(__x86_64__)
  if (selected_isa() == Isa::kAvx512) return multiply_avx512;
  if (selected_isa() == Isa::kAvx2) return multiply_avx2;
#endif
  return multiply_baseline;  // NEON is part of the baseline where it exists
}

}  // namespace

PackedMatrix::PackedMatrix(int n_out, int n_in, const float* weight, const float* bias)
    : n_in_(n_in), n_out_(n_out), bias_(bias, bias + n_out) {
  if (n_out <= 0 || n_out % kBlockRows != 0) {
    throw InvalidArgument("n_out must be a positive multiple of 64, got " + std::to_string(n_out));
  }
  weight_ = make_aligned<float>(static_cast<std::size_t>(n_out) * static_cast<std::size_t>(n_in));
  float* target = weight_.get();
  for (int block = 0; block < n_out; block += kBlockRows) {
    for (int j = 0; j < n_in; ++j) {
      for (int row = block; row < block + kBlockRows; ++row) {
        *target++ = weight[static_cast<long>(row) * n_in + j];
      }
    }
  }
}

void PackedMatrix::multiply(const float* in, int n_vectors, float* out) const {
  static const Kernel kernel = select_kernel();
  kernel({weight_.get(), bias_.data(), in, out, n_in_, n_out_}, n_vectors);
}

}  // namespace electron_local
