// The prefix cache: a radix tree over token ids, whose leaves hold cells.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "llm/cache/kv_cells.h"
#include "llm/cache/leaf_store.h"
#include "llm/cache/prefix_cache.h"

namespace electron_local {

// A finished sequence's own id becomes the holder of its leaf: nothing is copied. A match shares the cells of
// any sequence that begins so, running ones included; a leaf that matches whole simply runs on. `cells` must
// outlive it. Decode thread only.
class PrefixTree final : public PrefixCache {
 public:
  // Throws InvalidArgument.
  PrefixTree(KvCells& cells, const CacheLimits& limits) : leaves_(cells, limits) {}

  std::optional<Lease> acquire_up_to(const std::vector<Token>& prompt, int n_most) override;
  bool can_share() const override { return leaves_.can_trim(); }
  int match_length(const std::vector<Token>& prompt) const override;
  bool contains(const std::vector<Token>& tokens) const override { return leaves_.contains(tokens); }
  bool reserve(int n_cells) override;
  void publish(SequenceId id, const std::vector<Token>& tokens, int n_total) override;
  void tidy() override { leaves_.tidy(); }
  void release(SequenceId id, const std::vector<Token>& tokens, int n_total) override;
  void roll_back(const std::vector<Token>& tokens, int n_keep) override { leaves_.roll_back(tokens, n_keep); }
  int pin(const std::vector<Token>& tokens) override { return leaves_.pin(tokens); }
  void unpin_all() override { leaves_.unpin_all(); }
  bool adopt(const std::vector<Token>& tokens, SavedState state) override;
  CacheStats stats() const override;
  void check_integrity() const override { leaves_.check_integrity(); }
  void clear() override { leaves_.clear(); }

 private:
  struct Match {
    Holder* source = nullptr;  // nullptr: nothing can be reused
    int n_tokens = 0;
    const char* end = "";
  };

  Match find(const std::vector<Token>& prompt, int n_most) const;
  Match find_cut(const Place& place) const;
  Match find_live(const Place& place) const;
  Match find_whole(const Place& place) const;
  const char* reason(const std::vector<Token>& prompt, const Place& place, int n_tokens) const;
  bool pays(const Holder& host_leaf, int n_tokens, int n_live) const;

  void touch(Holder& holder);

  // A sequence that holds the match; nullopt: the memory refused, and what it refused is forgotten.
  std::optional<SequenceId> fill(const Match& match, const std::vector<Token>& prompt);
  std::optional<SequenceId> fill_from_host(const Match& match, const std::vector<Token>& prompt);
  std::optional<SequenceId> fill_from_live(const Match& match, const std::vector<Token>& prompt);
  std::optional<SequenceId> fill_base(const Holder& leaf, const std::vector<Token>& prompt);
  std::optional<SequenceId> share_from(Holder& source, int n_tokens);

  void share_duplicates(SequenceId id, const std::vector<Token>& tokens, int begin, int end);

  LeafStore leaves_;
  std::uint64_t n_hits_ = 0;
  std::uint64_t n_misses_ = 0;
};

}  // namespace electron_local
