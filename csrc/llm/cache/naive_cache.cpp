#include "llm/cache/naive_cache.h"

#include <algorithm>
#include <string>

#include "base/error.h"

namespace electron_local {

NaiveCache::NaiveCache(KvCells& cells, const CacheLimits& limits)
    : ledger_(cells, limits.n_sequences, limits.n_cells),
      runs_(static_cast<std::size_t>(limits.n_sequences), false) {}

std::optional<Lease> NaiveCache::acquire_up_to(const std::vector<Token>&, int) {
  const auto found = std::find(runs_.begin(), runs_.end(), false);
  if (found == runs_.end()) return std::nullopt;
  *found = true;
  ++n_misses_;
  return Lease{static_cast<SequenceId>(found - runs_.begin()), 0, "cold"};
}

void NaiveCache::publish(SequenceId id, const std::vector<Token>&, int n_total) {
  if (id < 0 || id >= ledger_.n_sequences() || !runs_[static_cast<std::size_t>(id)]) {
    throw DecodeError("sequence " + std::to_string(id) + " is not running");
  }
  ledger_.evaluated(id, n_total);
}

void NaiveCache::release(SequenceId id, const std::vector<Token>& tokens, int n_total) {
  publish(id, tokens, n_total);
  ledger_.drop(id);
  runs_[static_cast<std::size_t>(id)] = false;
}

CacheStats NaiveCache::stats() const {
  CacheStats stats;
  stats.cells_total = ledger_.n_total();
  stats.cells_used = ledger_.n_used();
  stats.misses = n_misses_;
  return stats;
}

void NaiveCache::check_integrity() const {
  ledger_.check_integrity();
  for (SequenceId id = 0; id < ledger_.n_sequences(); ++id) {
    if (!runs_[static_cast<std::size_t>(id)] && ledger_.n_tokens(id) != 0) {
      throw DecodeError("sequence " + std::to_string(id) + " does not run and holds " +
                        std::to_string(ledger_.n_tokens(id)) + " cells");
    }
  }
}

}  // namespace electron_local
