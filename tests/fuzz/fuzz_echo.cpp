// The echo guard and the level control: samples within their range, cut anywhere, give finite samples.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "audio/echo_guard.h"
#include "audio/level_control.h"

using namespace electron_local;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  const std::size_t n_piece = 1 + data[0] * 4u;
  const float scale = data[1] < 128 ? 8.0f / 128.0f : 1e-20f;
  std::vector<float> heard, played;
  for (std::size_t i = 2; i + 1 < size; i += 2) {
    for (int n = 0; n < 32; ++n)
      heard.push_back(scale * static_cast<float>(static_cast<std::int8_t>(data[i] + n)));
    for (int n = 0; n < 32; ++n)
      played.push_back(scale * static_cast<float>(static_cast<std::int8_t>(data[i + 1] - n)));
  }
  std::vector<float> output(heard.size());
  EchoGuard guard;
  LevelControl control({});
  for (std::size_t start = 0; start < heard.size(); start += n_piece) {
    const std::size_t n = std::min(n_piece, heard.size() - start);
    guard.process(heard.data() + start, played.data() + start, n, output.data() + start);
    for (std::size_t i = start; i < start + n; ++i) {
      if (!std::isfinite(output[i])) std::abort();
    }
    control.process(heard.data() + start, n, output.data() + start);
    for (std::size_t i = start; i < start + n; ++i) {
      if (!(std::abs(output[i]) <= 1.0f)) std::abort();
    }
  }
  return 0;
}
