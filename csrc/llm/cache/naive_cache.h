// A cache that never matches: the oracle, and the off switch.
#pragma once

#include <optional>
#include <vector>

#include "llm/cache/cell_ledger.h"
#include "llm/cache/prefix_cache.h"

namespace electron_local {

// Every prompt is evaluated whole; what is done is forgotten. `cells` must outlive it. Decode thread only.
class NaiveCache final : public PrefixCache {
 public:
  // Throws InvalidArgument.
  NaiveCache(KvCells& cells, const CacheLimits& limits);

  std::optional<Lease> acquire_up_to(const std::vector<Token>& prompt, int n_most) override;
  bool can_share() const override { return false; }
  int match_length(const std::vector<Token>&) const override { return 0; }
  bool contains(const std::vector<Token>&) const override { return false; }
  bool reserve(int n_cells) override { return ledger_.n_free() >= n_cells; }
  void publish(SequenceId id, const std::vector<Token>& tokens, int n_total) override;
  void tidy() override {}
  void release(SequenceId id, const std::vector<Token>& tokens, int n_total) override;
  void roll_back(const std::vector<Token>&, int) override {}
  int pin(const std::vector<Token>&) override { return 0; }
  void unpin_all() override {}
  bool adopt(const std::vector<Token>&, SavedState) override { return false; }
  CacheStats stats() const override;
  void check_integrity() const override;
  void clear() override {}

 private:
  CellLedger ledger_;
  std::vector<bool> runs_;  // by id
  std::uint64_t n_misses_ = 0;
};

}  // namespace electron_local
