// What has to go when ids, cells or host memory run short.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "llm/cache/leaf_store.h"

namespace electron_local {
namespace {

// A copy out and back in costs so much less than what is about to be evaluated, or it is not made ahead.
constexpr int kCheap = 4;

// One in so many tails that were departed from comes back.
constexpr int kSeldom = 4;

}  // namespace

std::optional<SequenceId> LeafStore::take_id(const Holder* keep) {
  if (free_ids_.empty()) {
    Holder* leaf = leaf_to_drop(keep);
    if (leaf == nullptr) return std::nullopt;
    evict(*leaf, 0);
  }
  const SequenceId id = free_ids_.back();
  free_ids_.pop_back();
  return id;
}

void LeafStore::give_back(SequenceId id) {
  if (const auto& leaf = live_[static_cast<std::size_t>(id)]) return erase(*leaf);
  ledger_.drop(id);
  free_ids_.push_back(id);
}

bool LeafStore::make_free(int n_cells) {
  if (ledger_.n_free() >= n_cells) return true;
  if (ledger_.n_total() - n_running_cells() < n_cells) return false;
  while (ledger_.n_free() < n_cells) {
    Holder* leaf =
        coldest_leaf([&](const Holder& h) { return ledger_.n_freed_by_cut(h.id, pinned_part(h)) > 0; });
    if (leaf == nullptr) leaf = coldest_leaf([&](const Holder& h) { return pinned_part(h) < h.n_tokens(); });
    const int n_left = leaf != nullptr ? pinned_part(*leaf) : 0;
    if (leaf == nullptr) leaf = leaf_to_drop(nullptr);
    if (leaf == nullptr) throw DecodeError("cells are in use that no sequence holds");
    evict(*leaf, n_left);
  }
  return true;
}

bool LeafStore::evict(Holder& leaf, int n_tokens) {
  const std::vector<Token> tokens = tree_.tokens_of(leaf.end);
  save_to_host(leaf, n_tokens);
  const bool cut = n_tokens > 0 && (n_tokens == leaf.n_tokens() || ledger_.trim(leaf.id, n_tokens));
  if (cut) {
    tree_.move(leaf, tokens, n_tokens);
  } else {
    erase(leaf);
  }
  remember_if_gone(tokens);
  return cut || n_tokens == 0;
}

// Only leaves that stand in cells.
Holder* LeafStore::coldest_leaf(const Test& test) const {
  Holder* coldest = nullptr;
  for (const auto& holder : live_) {
    if (!holder || holder->kind != Holder::Kind::kCached || !test(*holder)) continue;
    if (coldest == nullptr || holder->last_used < coldest->last_used) coldest = holder.get();
  }
  return coldest;
}

// How many of the leaf's tokens are pinned and live in no other sequence.
int LeafStore::pinned_part(const Holder& leaf) const {
  if (!can_trim() || !leaf.can_cut) return leaf.end->pinned != 0 ? leaf.n_tokens() : 0;
  const Node* node = leaf.end;
  while (node != nullptr && node->n_live == 1 && node->pinned == 0) node = node->parent;
  return node != nullptr && node->n_live == 1 ? node->end : 0;
}

// The one whose id is missed least.
Holder* LeafStore::leaf_to_drop(const Holder* keep) const {
  Holder* leaf = coldest_leaf([&](const Holder& h) { return &h != keep && pinned_part(h) == 0; });
  return leaf != nullptr ? leaf : coldest_leaf([&](const Holder& h) { return &h != keep; });
}

void LeafStore::make_way(int n_new) {
  for (;;) {
    Holder* leaf = coldest_leaf([](const Holder&) { return true; });
    if (leaf == nullptr || !gives_way(*leaf, 0, n_new)) return;
    evict(*leaf, 0);
  }
}

bool LeafStore::gives_way(const Holder& leaf, int n_tokens, int n_new) const {
  const bool is_coldest = &leaf == coldest_leaf([](const Holder&) { return true; });
  if (!is_coldest || n_leaves() < limits_.n_cached || pinned_part(leaf) > n_tokens) return false;
  const std::int64_t n_copied = leaf.n_tokens() - own_begin(leaf, n_tokens) + kCopyOverhead;
  return !is_worth_saving(leaf, n_tokens) ||
         std::int64_t{n_new} * ledger_.n_copied_per_evaluated() >= kCheap * n_copied;
}

// Where what would be lost with the leaf begins, if its first n_kept tokens stay: before that, other live
// sequences hold the same.
int LeafStore::own_begin(const Holder& leaf, int n_kept) const {
  if (!can_trim() || !leaf.can_cut) return 0;
  const auto gives_prefix = [&](const Holder& other) { return &other != &leaf && other.can_cut; };
  const Node* node = leaf.end;
  while (node->end > n_kept && (node->n_live <= 1 || !RadixTree::find_live(node, gives_prefix)))
    node = node->parent;
  return std::max(node->end, n_kept);
}

// What is behind the first n_kept tokens. Not where it is there already, nor where a copy costs more than it
// can win; a tail that was departed from is seldom asked for again.
bool LeafStore::is_worth_saving(const Holder& leaf, int n_kept) const {
  const int begin = own_begin(leaf, n_kept);
  const std::int64_t n_own = leaf.n_tokens() - begin;
  const std::int64_t n_least = (n_own + kCopyOverhead) * (n_kept > 0 ? kSeldom : 1);
  if (limits_.host_bytes == 0 || n_own * ledger_.n_copied_per_evaluated() < n_least) return false;
  return !RadixTree::find_host(leaf.end, [&](const Holder& saved) {
    return saved.begin <= begin && ((can_trim() && saved.can_cut) || saved.end == leaf.end);
  });
}

// A state in host memory is of use while what stood before it can be had: from cells or, itself of use, from
// host memory.
bool LeafStore::has_base(const Holder& leaf) const { return leaf.begin == 0 || find_base(leaf) != nullptr; }

Holder* LeafStore::find_base(const Holder& leaf) const {
  if (leaf.begin == 0) return nullptr;
  const Node* node = leaf.end;
  while (node->begin() >= leaf.begin) node = node->parent;
  const auto can_end_here = [&](const Holder& other) {
    return other.begin < leaf.begin && (other.can_cut || other.n_tokens() == leaf.begin);
  };
  if (Holder* live = RadixTree::find_live(node, can_end_here)) return live;
  return RadixTree::find_host(node,
                              [&](const Holder& other) { return can_end_here(other) && has_base(other); });
}

void LeafStore::save_to_host(const Holder& leaf, int n_kept) {
  if (!is_worth_saving(leaf, n_kept)) return;
  const int begin = own_begin(leaf, n_kept);
  const std::size_t n_bytes = ledger_.n_state_bytes(leaf.id, begin);
  if (!make_host_room(n_bytes, leaf.last_used)) return;  // first: the budget holds while it is copied too
  SavedState state = ledger_.save(leaf.id, begin, n_bytes);
  if (state.empty()) return;
  Holder& copy = host_.add(std::move(state), begin, leaf.last_used);
  copy.can_cut = leaf.can_cut;
  ++n_moves_to_host_;
  tree_.attach(copy, leaf.end);
  if (can_trim() && copy.can_cut) erase_covered_by(copy);
}

// At the cost of leaves that were used less recently.
bool LeafStore::make_host_room(std::size_t n_bytes, std::uint64_t last_used) {
  if (!host_.could_fit(n_bytes)) return false;
  while (!host_.fits(n_bytes)) {
    Holder* coldest = host_.coldest();
    if (coldest->last_used > last_used) return false;
    erase_as_evicted(*coldest);
  }
  return true;
}

}  // namespace electron_local
