// Codecs of any samples at any length: every code comes back, and long arrays equal single samples.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "audio/g711.h"
#include "audio/pcm.h"

using namespace electron_local;

namespace {

template <typename In, typename Out>
void check(void (*convert)(const In*, std::size_t, Out*), const std::uint8_t* data, std::size_t size) {
  if (size < sizeof(In)) return;
  std::vector<In> input(size / sizeof(In));
  std::memcpy(input.data(), data, input.size() * sizeof(In));
  std::vector<Out> output(input.size());
  convert(input.data(), input.size(), output.data());
  for (std::size_t i = 0; i < input.size(); ++i) {
    Out alone;
    convert(&input[i], 1, &alone);
    if (std::memcmp(&alone, &output[i], sizeof alone) != 0) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  check(ulaw_encode, data, size);
  check(ulaw_decode, data, size);
  check(alaw_encode, data, size);
  check(alaw_decode, data, size);
  check(int16_to_float32, data, size);
  check(float32_to_int16, data, size);
  return 0;
}
