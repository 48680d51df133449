// Codecs without Python: round trips, and reads and writes that stay inside their arrays.
#include <cstdint>
#include <vector>

#include "audio/g711.h"
#include "audio/pcm.h"
#include "check.h"

using namespace electron_local;
using electron_local_test::n_failures;

namespace {

using Encode = void (*)(const std::int16_t*, std::size_t, std::uint8_t*);
using Decode = void (*)(const std::uint8_t*, std::size_t, std::int16_t*);

// A code is the nearest: no sample is decoded further away than half the widest interval around it.
void check_round_trip(Encode encode, Decode decode) {
  for (int value = -32768; value < 32768; ++value) {
    const auto sample = static_cast<std::int16_t>(value);
    std::uint8_t code;
    std::int16_t decoded;
    encode(&sample, 1, &code);
    decode(&code, 1, &decoded);
    const int magnitude = value < 0 ? -value : value;
    const int error = decoded < value ? value - decoded : decoded - value;
    CHECK(error <= magnitude / 32 + 8 || magnitude > 32124);
    std::uint8_t again;
    encode(&decoded, 1, &again);
    CHECK(again == code || decoded == 0);
  }
}

// Any length gives what single samples give and leaves its neighbours alone.
void check_lengths(Encode encode) {
  std::vector<std::int16_t> samples(100);
  for (std::size_t i = 0; i < samples.size(); ++i) samples[i] = static_cast<std::int16_t>(i * 655 - 32768);
  for (std::size_t n_samples = 0; n_samples < samples.size(); ++n_samples) {
    std::vector<std::uint8_t> codes(samples.size(), 0xee);
    encode(samples.data(), n_samples, codes.data());
    for (std::size_t i = 0; i < samples.size(); ++i) {
      std::uint8_t expected = 0xee;
      if (i < n_samples) encode(&samples[i], 1, &expected);
      CHECK_EQUAL(static_cast<int>(codes[i]), static_cast<int>(expected));
    }
  }
}

void check_pcm_round_trip() {
  std::vector<std::int16_t> samples(65536), back(65536);
  std::vector<float> floats(65536);
  for (int i = 0; i < 65536; ++i) samples[static_cast<std::size_t>(i)] = static_cast<std::int16_t>(i - 32768);
  int16_to_float32(samples.data(), samples.size(), floats.data());
  float32_to_int16(floats.data(), floats.size(), back.data());
  CHECK(back == samples);
}

}  // namespace

int main() {
  check_round_trip(ulaw_encode, ulaw_decode);
  check_round_trip(alaw_encode, alaw_decode);
  check_lengths(ulaw_encode);
  check_lengths(alaw_encode);
  check_pcm_round_trip();
  return n_failures;
}
