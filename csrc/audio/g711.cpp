// Both laws are 3 bits of exponent over 4 of mantissa, as binary32 is 8 over 23: the conversion to float
// finds the segment and the mantissa of a magnitude without a branch or a table, and the compiler vectorises
// it.
#include "audio/g711.h"

#include <algorithm>
#include <cstring>

#include "audio/per_sample.h"

namespace electron_local {
namespace {

constexpr int kMantissaShift = 19;  // keeps the exponent and 4 of the 23 bits of mantissa
constexpr int kHalfStep = 1 << 18;  // the bit below them: the middle of a quantisation interval
constexpr int kExponentBias = 127 << 4;

// Both sides are computed, so that no branch is left.
ELECTRON_LOCAL_INLINE std::int32_t select(bool condition, std::int32_t yes, std::int32_t no) {
  const std::int32_t mask = -static_cast<std::int32_t>(condition);
  return (yes & mask) | (no & ~mask);
}

ELECTRON_LOCAL_INLINE std::int32_t float_bits(std::int32_t value) {
  const float f = static_cast<float>(value);
  std::int32_t bits;
  std::memcpy(&bits, &f, sizeof bits);
  return bits;
}

ELECTRON_LOCAL_INLINE std::int32_t float_value(std::int32_t bits) {
  float f;
  std::memcpy(&f, &bits, sizeof f);
  return static_cast<std::int32_t>(f);
}

// Mu-law adds 33 to the magnitude; its first segment [33, 64) then has exponent 5.
constexpr std::int32_t kUlawBias = 33;
constexpr std::int32_t kUlawClip = 8191;
constexpr std::int32_t kUlawOrigin = kExponentBias + (5 << 4);

struct UlawEncoder {
  ELECTRON_LOCAL_INLINE static std::uint8_t convert(std::int32_t sample) {
    const std::int32_t sign = sample >> 31;
    const std::int32_t magnitude = std::min(((sample ^ sign) >> 2) + kUlawBias, kUlawClip);
    const std::int32_t level = (float_bits(magnitude) >> kMantissaShift) - kUlawOrigin;
    return static_cast<std::uint8_t>(~level ^ (sign & 0x80));
  }
};

struct UlawDecoder {
  ELECTRON_LOCAL_INLINE static std::int16_t convert(std::int32_t code) {
    const std::int32_t level = ~code & 0x7f;
    const std::int32_t biased = float_value(((level + kUlawOrigin) << kMantissaShift) | kHalfStep);
    const std::int32_t magnitude = (biased - kUlawBias) * 4;
    const std::int32_t sign = (code >> 7) - 1;
    return static_cast<std::int16_t>((magnitude ^ sign) - sign);
  }
};

// A-law's segment 0 is linear, as binary32's subnormal numbers are; segment 1, [16, 32), has exponent 4.
constexpr std::int32_t kAlawOrigin = kExponentBias + (3 << 4);
constexpr std::int32_t kAlawToggle = 0x55;

struct AlawEncoder {
  ELECTRON_LOCAL_INLINE static std::uint8_t convert(std::int32_t sample) {
    const std::int32_t sign = sample >> 31;
    const std::int32_t magnitude = (sample ^ sign) >> 4;
    const std::int32_t segmented = (float_bits(magnitude) >> kMantissaShift) - kAlawOrigin;
    const std::int32_t level = select(magnitude < 16, magnitude, segmented);
    return static_cast<std::uint8_t>((level | (~sign & 0x80)) ^ kAlawToggle);
  }
};

struct AlawDecoder {
  ELECTRON_LOCAL_INLINE static std::int16_t convert(std::int32_t code) {
    const std::int32_t toggled = code ^ kAlawToggle;
    const std::int32_t level = toggled & 0x7f;
    // In half steps of segment 0, which span 8 on the 16-bit scale.
    const std::int32_t segmented =
        float_value(((level + kAlawOrigin + (1 << 4)) << kMantissaShift) | kHalfStep);
    const std::int32_t magnitude = select(level < 16, 2 * level + 1, segmented) * 8;
    const std::int32_t sign = (toggled >> 7) - 1;
    return static_cast<std::int16_t>((magnitude ^ sign) - sign);
  }
};

}  // namespace

void ulaw_encode(const std::int16_t* samples, std::size_t n_samples, std::uint8_t* codes) {
  convert_samples<UlawEncoder>(samples, n_samples, codes);
}

void ulaw_decode(const std::uint8_t* codes, std::size_t n_samples, std::int16_t* samples) {
  convert_samples<UlawDecoder>(codes, n_samples, samples);
}

void alaw_encode(const std::int16_t* samples, std::size_t n_samples, std::uint8_t* codes) {
  convert_samples<AlawEncoder>(samples, n_samples, codes);
}

void alaw_decode(const std::uint8_t* codes, std::size_t n_samples, std::int16_t* samples) {
  convert_samples<AlawDecoder>(codes, n_samples, samples);
}

}  // namespace electron_local
