// One source for every conversion that takes one sample to one sample: the loop is compiled for each
// instruction set, and the compiler vectorises it.
#pragma once

#include <cstddef>

#include "base/cpu.h"
#include "base/lanes.h"

namespace electron_local {

// Convert is a class with an always-inlined `static Out convert(In)` that has no branch and no table.
template <typename Convert, typename In, typename Out>
ELECTRON_LOCAL_INLINE void convert_loop(const In* __restrict input, std::size_t n_samples,
                                        Out* __restrict output) {
  for (std::size_t i = 0; i < n_samples; ++i) output[i] = Convert::convert(input[i]);
}

template <typename Convert, typename In, typename Out>
void convert_baseline(const In* input, std::size_t n_samples, Out* output) {
  convert_loop<Convert>(input, n_samples, output);
}

#if defined(__x86_64__)
template <typename Convert, typename In, typename Out>
ELECTRON_LOCAL_AVX2 void convert_avx2(const In* input, std::size_t n_samples, Out* output) {
  convert_loop<Convert>(input, n_samples, output);
}

template <typename Convert, typename In, typename Out>
ELECTRON_LOCAL_AVX512 void convert_avx512(const In* input, std::size_t n_samples, Out* output) {
  convert_loop<Convert>(input, n_samples, output);
}
#endif

// `output` must not overlap `input`.
template <typename Convert, typename In, typename Out>
void convert_samples(const In* input, std::size_t n_samples, Out* output) {
#if defined(__x86_64__)
  if (selected_isa() == Isa::kAvx512) return convert_avx512<Convert>(input, n_samples, output);
  if (selected_isa() == Isa::kAvx2) return convert_avx2<Convert>(input, n_samples, output);
#endif
  convert_baseline<Convert>(input, n_samples, output);  // NEON is part of the baseline where it exists
}

}  // namespace electron_local
