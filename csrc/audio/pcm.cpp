#include "audio/pcm.h"

#include <algorithm>
#include <cstring>

#include "audio/per_sample.h"

namespace electron_local {
namespace {

constexpr float kScale = 32768.0f;

// Adding 1.5 * 2^23 leaves the rounded integer in the low bits of the sum: every magnitude here is below
// 2^22.
constexpr float kRoundingOffset = 12582912.0f;
constexpr std::int32_t kRoundingOffsetBits = 0x4b400000;

constexpr std::int32_t kSignBit = INT32_MIN;
constexpr std::int32_t kOneBits = 0x3f800000;
constexpr std::int32_t kInfinityBits = 0x7f800000;

// Clamps on the bits of the number: integer comparisons leave the compiler free to vectorise.
struct ToInt16 {
  ELECTRON_LOCAL_INLINE static std::int16_t convert(float sample) {
    std::int32_t bits;
    std::memcpy(&bits, &sample, sizeof bits);
    std::int32_t magnitude = bits & ~kSignBit;
    magnitude &= -static_cast<std::int32_t>(magnitude <= kInfinityBits);
    bits = std::min(magnitude, kOneBits) | (bits & kSignBit);
    float clamped;
    std::memcpy(&clamped, &bits, sizeof clamped);
    const float shifted = clamped * kScale + kRoundingOffset;
    std::memcpy(&bits, &shifted, sizeof bits);
    return static_cast<std::int16_t>(std::min(bits - kRoundingOffsetBits, INT16_MAX));
  }
};

struct ToFloat32 {
  ELECTRON_LOCAL_INLINE static float convert(std::int16_t sample) {
    return static_cast<float>(sample) * (1.0f / kScale);
  }
};

}  // namespace

void int16_to_float32(const std::int16_t* input, std::size_t n_samples, float* output) {
  convert_samples<ToFloat32>(input, n_samples, output);
}

void float32_to_int16(const float* input, std::size_t n_samples, std::int16_t* output) {
  convert_samples<ToInt16>(input, n_samples, output);
}

}  // namespace electron_local
