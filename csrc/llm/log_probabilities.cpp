#include "llm/log_probabilities.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace electron_local {

TokenLogprobs log_probabilities(const float* logits, int n_vocab, Token token, int n_top) {
  const float best = *std::max_element(logits, logits + n_vocab);
  double total = 0.0;
  for (int i = 0; i < n_vocab; ++i) total += std::exp(static_cast<double>(logits[i] - best));
  const double log_total = best + std::log(total);
  const auto of = [&](Token t) { return static_cast<float>(logits[t] - log_total); };

  TokenLogprobs out;
  out.logprob = of(token);
  std::vector<Token> ids(static_cast<std::size_t>(n_vocab));
  std::iota(ids.begin(), ids.end(), 0);
  const auto top_end = ids.begin() + std::min(n_top, n_vocab);
  std::partial_sort(ids.begin(), top_end, ids.end(),
                    [logits](Token a, Token b) { return logits[a] > logits[b]; });
  for (auto id = ids.begin(); id != top_end; ++id) out.top.emplace_back(*id, of(*id));
  return out;
}

}  // namespace electron_local
