#include "llm/prefill_length.h"

#include <algorithm>

namespace electron_local {
namespace {

// Multiplications in 5 to 8 ms on two cores of a server CPU: quantised weights, keys in float16, and the
// whole of flash attention, in tiles or not.
constexpr std::int64_t kQuantised = 400'000'000;
constexpr std::int64_t kHalfPrecision = 150'000'000;
constexpr std::int64_t kFlashInTiles = 110'000'000;
constexpr std::int64_t kFlash = 60'000'000;

}  // namespace

int prefill_length(const NodeCosts& costs, int n_cells, int n_batch) {
  const bool has_tiles = costs.flash_attention && !costs.quantised_keys;
  const std::int64_t attention = costs.attention_per_cell * std::max(1, n_cells);
  const std::int64_t most = has_tiles ? kFlashInTiles : costs.flash_attention ? kFlash : kHalfPrecision;
  const std::int64_t by_attention = most / std::max<std::int64_t>(1, attention);
  const std::int64_t by_feed_forward = kQuantised / std::max<std::int64_t>(1, costs.feed_forward);
  std::int64_t n = std::max<std::int64_t>(kMinPrefillTokens, std::min(by_attention, by_feed_forward));
  if (has_tiles) n = std::max<std::int64_t>(kFlashTile, n / kFlashTile * kFlashTile);
  return static_cast<int>(std::min<std::int64_t>(n, n_batch));
}

}  // namespace electron_local
