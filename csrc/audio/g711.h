// G.711 companding, exact to ITU-T G.711 (1988) on the 16-bit scale of G.191: mu-law takes the upper 14 bits
// of a sample, A-law the upper 13, and the magnitude of a negative sample is its one's complement.
#pragma once

#include <cstddef>
#include <cstdint>

namespace electron_local {

void ulaw_encode(const std::int16_t* samples, std::size_t n_samples, std::uint8_t* codes);
void ulaw_decode(const std::uint8_t* codes, std::size_t n_samples, std::int16_t* samples);
void alaw_encode(const std::int16_t* samples, std::size_t n_samples, std::uint8_t* codes);
void alaw_decode(const std::uint8_t* codes, std::size_t n_samples, std::int16_t* samples);

}  // namespace electron_local
