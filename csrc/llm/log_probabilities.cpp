#include "llm/log_probabilities.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>
#include <vector>

#include "llm/logit_kernels.h"

namespace electron_local {
namespace {

// The greatest values with their places, greatest first, the first of equal ones.
std::vector<std::pair<float, int>> greatest(const float* values, int n, int n_most) {
  std::vector<std::pair<float, int>> heap;  // the least on top; places negated: of equals the first stays
  for (int i = 0; i < n && n_most > 0; ++i) {
    if (static_cast<int>(heap.size()) < n_most) {
      heap.emplace_back(values[i], -i);
      std::push_heap(heap.begin(), heap.end(), std::greater<>());
    } else if (values[i] > heap.front().first) {
      std::pop_heap(heap.begin(), heap.end(), std::greater<>());
      heap.back() = {values[i], -i};
      std::push_heap(heap.begin(), heap.end(), std::greater<>());
    }
  }
  std::sort_heap(heap.begin(), heap.end(), std::greater<>());
  return heap;
}

}  // namespace

TokenLogprobs log_probabilities(const float* logits, int n_vocab, Token token, int n_top) {
  std::vector<float> weights;
  std::vector<double> block_sums;
  const float best = logits[argmax(logits, n_vocab)];
  const double total = exp_weights(logits, n_vocab, best, 1.0f, weights, block_sums);
  const double log_total = best + std::log(total);

  TokenLogprobs out;
  out.logprob = static_cast<float>(logits[token] - log_total);
  for (const auto& [logit, place] : greatest(logits, n_vocab, n_top)) {
    out.top.emplace_back(-place, static_cast<float>(logit - log_total));
  }
  return out;
}

}  // namespace electron_local
