#include "llm/prefill_length.h"

#include <algorithm>

namespace electron_local {
namespace {

// Multiplications in 5 to 8 ms on two cores of a server CPU, counted as NodeCosts counts them.
constexpr std::int64_t kFeedForward = 400'000'000;  // by quantised weights

std::int64_t most_of(AttentionPath path) {
  switch (path) {
    case AttentionPath::kSeparateNodes:
      return 150'000'000;
    case AttentionPath::kFlash:
      return 60'000'000;
    case AttentionPath::kFlashInTiles:
      return 110'000'000;
    case AttentionPath::kOwn:
      return 150'000'000;
  }
  return 0;
}

}  // namespace

int prefill_length(const NodeCosts& costs, int n_cells, int n_batch) {
  const bool has_tiles = costs.attention == AttentionPath::kFlashInTiles;
  const std::int64_t attention = costs.attention_per_cell * std::max(1, n_cells);
  const std::int64_t by_attention = most_of(costs.attention) / std::max<std::int64_t>(1, attention);
  const std::int64_t by_feed_forward = kFeedForward / std::max<std::int64_t>(1, costs.feed_forward);
  std::int64_t n = std::max<std::int64_t>(kMinPrefillTokens, std::min(by_attention, by_feed_forward));
  if (has_tiles) n = std::max<std::int64_t>(kFlashTile, n / kFlashTile * kFlashTile);
  return static_cast<int>(std::min<std::int64_t>(n, n_batch));
}

}  // namespace electron_local
