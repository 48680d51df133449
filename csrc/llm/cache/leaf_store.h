// Which sequences stay cached, and where: live in cells, in host memory, or gone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "llm/cache/cell_ledger.h"
#include "llm/cache/evicted_prefixes.h"
#include "llm/cache/host_leaves.h"
#include "llm/cache/prefix_cache.h"
#include "llm/cache/radix_tree.h"

namespace electron_local {

// Owns the holders and the tree over them; books every cell. The order of eviction is least recently used
// first. A prefix is pinned as long as its last live holder is only cut down to it; when nothing else is left
// to evict, pins give way. Decode thread only.
class LeafStore {
 public:
  LeafStore(KvCells& cells, const CacheLimits& limits);

  const RadixTree& tree() const { return tree_; }
  CellLedger& ledger() { return ledger_; }
  const CellLedger& ledger() const { return ledger_; }
  const EvictedPrefixes& evicted() const { return evicted_; }

  // The running holder of `id`; throws DecodeError when it does not run.
  Holder& running(SequenceId id);
  // That running sequences hold, and one other live holder.
  int n_running_cells(const Holder* other = nullptr) const;

  // False: the memory is known to refuse cuts. Then a match must end where a cached sequence does, and
  // shorter sequences are worth keeping beside longer ones.
  bool can_trim() const { return limits_.can_trim; }

  // Every one of them can be had.
  bool contains(const std::vector<Token>& tokens) const;

  // Whether what stands before the state of a host leaf can be had, and who has it (nullptr: nobody, or
  // nothing stands before it).
  bool has_base(const Holder& leaf) const;
  Holder* find_base(const Holder& leaf) const;

  bool has_id() const;  // an id is free or can be freed
  // A free id, if need be that of the coldest leaf other than `keep`.
  std::optional<SequenceId> take_id(const Holder* keep);
  // An id that does not run: what its memory holds is forgotten.
  void give_back(SequenceId id);

  // False, and nothing changed: too many cells run.
  bool make_free(int n_cells);

  void touch(Holder& holder) { holder.last_used = ++clock_; }

  // `id` runs and holds tokens [0, n_tokens).
  void run(SequenceId id, const std::vector<Token>& tokens, int n_tokens);
  // The running holder's tokens are [0, n_tokens) now.
  void move(Holder& holder, const std::vector<Token>& tokens, int n_tokens);
  // The running holder becomes a leaf, unless another one holds as much.
  void keep_as_leaf(Holder& holder);
  // Leaves beyond CacheLimits::n_cached leave the cells, the least recently used first.
  void tidy();
  // Those that will have to, once what runs now has ended, go before n_new tokens are evaluated, where that
  // is cheap: attention then spans fewer cells.
  void make_way(int n_new);
  // Likewise what the leaf holds behind its first n_tokens, which run on in its cells.
  bool gives_way(const Holder& leaf, int n_tokens, int n_new) const;

  // Cuts a live leaf to n_tokens, or drops it (0), after saving it to host memory where that pays and colder
  // leaves make room. False: the cut was refused, the leaf is gone.
  bool evict(Holder& leaf, int n_tokens);
  // Forgets a holder. Its id, if it has one, is free.
  void erase(Holder& holder);
  // Forgets a host leaf, and remembers that it was there.
  void erase_as_evicted(Holder& leaf);

  bool adopt(const std::vector<Token>& tokens, SavedState state);
  void roll_back(const std::vector<Token>& tokens, int n_keep);

  int pin(const std::vector<Token>& tokens);
  void unpin_all();
  void clear();

  void fill(CacheStats& stats) const;
  void count_move_from_host() { ++n_moves_from_host_; }
  void check_integrity() const;

 private:
  using Test = RadixTree::Test;
  int n_leaves() const;  // that stand in cells
  Holder* coldest_leaf(const Test& test) const;
  bool is_covered(const Holder& leaf) const;
  bool adopt_live(const std::vector<Token>& tokens, const SavedState& state);
  int pinned_part(const Holder& leaf) const;
  Holder* leaf_to_drop(const Holder* keep) const;
  int own_begin(const Holder& leaf, int n_kept) const;
  bool is_worth_saving(const Holder& leaf, int n_kept) const;
  void save_to_host(const Holder& leaf, int n_kept);
  bool make_host_room(std::size_t n_bytes, std::uint64_t last_used);
  void erase_covered_by(const Holder& holder);
  void remember_if_gone(const std::vector<Token>& tokens);
  void unpin_beyond(int n_cells);

  CacheLimits limits_;
  CellLedger ledger_;
  RadixTree tree_;
  EvictedPrefixes evicted_;
  std::vector<std::unique_ptr<Holder>> live_;  // by id; nullptr: the id is free
  HostLeaves host_;
  std::vector<SequenceId> free_ids_;
  std::uint64_t clock_ = 0;
  std::uint64_t n_evictions_ = 0;
  std::uint64_t n_moves_to_host_ = 0;
  std::uint64_t n_moves_from_host_ = 0;
};

}  // namespace electron_local
