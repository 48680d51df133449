#include "llm/threads/step_history.h"

#include <algorithm>
#include <cstdlib>

namespace electron_local {

// Small batches differ token by token; large ones cost about the same a token.
int StepHistory::size_class(int n_tokens) {
  constexpr int kSmallest = 8;
  if (n_tokens <= kSmallest) return n_tokens;
  int n_doublings = 0;
  for (int n = kSmallest; n < n_tokens; n *= 2) ++n_doublings;
  return kSmallest + n_doublings;
}

bool StepHistory::is_alike(int depth, const Recent& recent) {
  constexpr int kNear = 64;
  return std::abs(depth - recent.depth) <= kNear + recent.depth / 4;
}

void StepHistory::add(int n_threads, const Step& step) {
  Recent& recent = recent_[{n_threads, size_class(step.n_tokens)}];
  if (!is_alike(step.depth, recent)) recent.n = 0;
  recent.seconds_per_token[recent.n % kKept] = step.seconds / std::max(1, step.n_tokens);
  ++recent.n;
  recent.depth = step.depth;
}

std::optional<double> StepHistory::ratio(int n_threads, const Step& step) const {
  constexpr std::size_t kFewest = 3;
  const auto found = recent_.find({n_threads, size_class(step.n_tokens)});
  if (found == recent_.end() || found->second.n < kFewest || !is_alike(step.depth, found->second))
    return std::nullopt;
  const Recent& recent = found->second;
  const std::size_t n = std::min(recent.n, kKept);
  std::array<double, kKept> sorted = recent.seconds_per_token;
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(n / 2);
  std::nth_element(sorted.begin(), middle, sorted.begin() + static_cast<std::ptrdiff_t>(n));
  return *middle > 0 ? std::optional<double>(step.seconds / std::max(1, step.n_tokens) / *middle)
                     : std::nullopt;
}

void StepHistory::clear(int n_threads) {
  for (auto entry = recent_.begin(); entry != recent_.end();) {
    entry = entry->first.first == n_threads ? recent_.erase(entry) : std::next(entry);
  }
}

}  // namespace electron_local
