// exp in float32 (Cephes' expf, Moshier), for single values and for vectors of them.
#pragma once

#include "base/lanes.h"

namespace electron_local {

// exp(x) = 2^k * rest for x from -87 to 0; k stands in the low bits of `shifted`. `Values`: float, or Lanes
// of it.
template <typename Values>
ELECTRON_LOCAL_INLINE void split_exponential(const Values& x, Values& shifted, Values& rest) {
  constexpr float kRounder = 12582912.0f;  // 1.5 * 2^23: adding it leaves an integer in the low bits
  shifted = x * 1.44269504088896341f + kRounder;
  const Values k = shifted - kRounder;
  const Values r = (x - k * 0.693359375f) + k * 2.12194440e-4f;
  Values y = 1.9875691500e-4f * r + 1.3981999507e-3f;
  y = y * r + 8.3334519073e-3f;
  y = y * r + 4.1665795894e-2f;
  y = y * r + 1.6666665459e-1f;
  y = y * r + 5.0000001201e-1f;
  rest = y * (r * r) + r + 1.0f;
}

}  // namespace electron_local
