#include "llm/logit_kernels.h"

#include <algorithm>
#include <cstdint>
#include <limits>

#include "base/exponential.h"

namespace electron_local {
namespace {

constexpr int kLanes = 16;

float greatest(const float* values, int n) {
  float lanes[kLanes];
  std::fill_n(lanes, kLanes, -std::numeric_limits<float>::infinity());
  int i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (int j = 0; j < kLanes; ++j) lanes[j] = values[i + j] > lanes[j] ? values[i + j] : lanes[j];
  }
  for (; i < n; ++i) lanes[0] = values[i] > lanes[0] ? values[i] : lanes[0];
  return *std::max_element(lanes, lanes + kLanes);
}

// exp of x in [-87, 0].
inline float exp_of(float x) {
  float shifted, rest;
  split_exponential(x, shifted, rest);
  const auto bits = __builtin_bit_cast(std::uint32_t, shifted);
  return rest * __builtin_bit_cast(float, (bits << 23) + (127u << 23));
}

}  // namespace

int argmax(const float* values, int n) {
  const float best = greatest(values, n);
  for (int i = 0; i < n; i += kWeightBlock) {  // whole blocks first: most of them do not hold it
    const int end = std::min(n, i + kWeightBlock);
    int n_equal = 0;
    for (int j = i; j < end; ++j) n_equal += values[j] == best ? 1 : 0;
    if (n_equal > 0) return static_cast<int>(std::find(values + i, values + end, best) - values);
  }
  return 0;
}

double exp_weights(const float* logits, int n, float best, float temperature, std::vector<float>& weights,
                   std::vector<double>& block_sums) {
  constexpr float kLowest = -87.0f;
  constexpr float kSmallest = 2e-38f;  // above exp(kLowest)
  const float scale = std::min(1.0f / temperature, std::numeric_limits<float>::max());
  weights.resize(static_cast<std::size_t>(n));
  block_sums.clear();
  double total = 0.0;
  for (int first = 0; first < n; first += kWeightBlock) {
    const int n_here = std::min(kWeightBlock, n - first);
    const float* in = logits + first;
    float* out = weights.data() + first;
    // One step a loop: compilers vectorise each of them.
    for (int i = 0; i < n_here; ++i) out[i] = (in[i] - best) * scale;
    for (int i = 0; i < n_here; ++i) out[i] = out[i] > kLowest ? out[i] : kLowest;
    for (int i = 0; i < n_here; ++i) out[i] = exp_of(out[i]);
    for (int i = 0; i < n_here; ++i) out[i] = out[i] > kSmallest ? out[i] : 0.0f;
    float lanes[kLanes] = {};
    int i = 0;
    for (; i + kLanes <= n_here; i += kLanes) {
      for (int j = 0; j < kLanes; ++j) lanes[j] += out[i + j];
    }
    for (; i < n_here; ++i) lanes[0] += out[i];
    double sum = 0.0;
    for (const float lane : lanes) sum += lane;
    block_sums.push_back(sum);
    total += sum;
  }
  return total;
}

int index_at(double rest, const std::vector<float>& weights, const std::vector<double>& block_sums) {
  std::size_t block = 0;
  while (block + 1 < block_sums.size() && rest >= block_sums[block]) rest -= block_sums[block++];
  const std::size_t first = block * kWeightBlock;
  const std::size_t end = std::min(weights.size(), first + kWeightBlock);
  std::size_t chosen = first;
  for (std::size_t i = first; i < end; ++i) {
    if (weights[i] <= 0.0f) continue;
    chosen = i;  // the last that can be drawn, should rounding leave a rest
    rest -= weights[i];
    if (rest < 0.0) break;
  }
  return static_cast<int>(chosen);
}

}  // namespace electron_local
