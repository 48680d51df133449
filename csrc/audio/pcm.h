// Between 16-bit PCM and float32 in [-1, 1): the scale is 32768 both ways.
#pragma once

#include <cstddef>
#include <cstdint>

namespace electron_local {

void int16_to_float32(const std::int16_t* input, std::size_t n_samples, float* output);

// Rounds to the nearest, ties to even; saturates at -32768 and 32767, infinities too; NaN becomes 0.
void float32_to_int16(const float* input, std::size_t n_samples, std::int16_t* output);

}  // namespace electron_local
