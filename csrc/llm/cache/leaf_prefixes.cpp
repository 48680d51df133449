// Prefixes that the caller names: pinned, adopted from outside, or given up.
#include <algorithm>
#include <utility>
#include <vector>

#include "llm/cache/leaf_store.h"
#include "llm/cache/pins.h"

namespace electron_local {

bool LeafStore::adopt(const std::vector<Token>& tokens, SavedState state) {
  if (contains(tokens)) return false;
  if (!make_host_room(state.size(), clock_)) return adopt_live(tokens, state);
  tree_.move(host_.add(std::move(state), 0, ++clock_), tokens, static_cast<int>(tokens.size()));
  return true;
}

bool LeafStore::adopt_live(const std::vector<Token>& tokens, const SavedState& state) {
  const auto n_tokens = static_cast<int>(tokens.size());
  if (limits_.n_cached == 0 || !has_id() || !make_free(n_tokens)) return false;
  const SequenceId id = *take_id(nullptr);
  if (!ledger_.restore(id, state, n_tokens)) {
    give_back(id);
    return false;
  }
  run(id, tokens, n_tokens);
  keep_as_leaf(running(id));
  return true;
}

void LeafStore::roll_back(const std::vector<Token>& tokens, int n_keep) {
  const auto n_tokens = static_cast<int>(tokens.size());
  const Place place = tree_.walk(tokens, n_tokens);
  if (!can_trim() || n_keep >= n_tokens || place.n_tokens < n_tokens || place.node->end > n_tokens) return;
  const std::vector<Holder*>& holders = place.node->holders;
  const auto found = std::find_if(holders.begin(), holders.end(), [](const Holder* h) {
    return h->kind == Holder::Kind::kCached && h->can_cut;
  });
  if (found == holders.end()) return;
  for (const Node* node = place.node; node->end > n_keep; node = node->parent) {
    if (node->pinned != 0) return;
  }
  Holder& leaf = **found;
  if (n_keep == 0 || !ledger_.trim(leaf.id, n_keep)) return erase(leaf);
  tree_.move(leaf, tokens, n_keep);
  const std::vector<Holder*>& peers = leaf.end->holders;
  const bool has_equal = std::any_of(peers.begin(), peers.end(), [&](const Holder* peer) {
    return peer != &leaf && peer->kind == Holder::Kind::kCached;
  });
  if (has_equal || (leaf.end->pinned == 0 && is_covered(leaf))) erase(leaf);
}

int LeafStore::pin(const std::vector<Token>& tokens) {
  Place place = tree_.walk(tokens, static_cast<int>(tokens.size()));
  if (!can_trim()) {  // only where a leaf ends
    const auto is_leaf = [](const Holder* h) { return h->kind != Holder::Kind::kRunning; };
    Node* node = place.n_tokens == place.node->end ? place.node : place.node->parent;
    while (node->parent != nullptr && std::none_of(node->holders.begin(), node->holders.end(), is_leaf)) {
      node = node->parent;
    }
    place = {node, node->end};
  }
  if (place.n_tokens == 0 || place.n_tokens > limits_.n_pinned_cells) return 0;
  tree_.split(place)->pinned = ++clock_;
  unpin_beyond(limits_.n_pinned_cells);
  return place.n_tokens;
}

void LeafStore::unpin_all() { unpin_beyond(0); }

void LeafStore::unpin_beyond(int n_cells) {
  for (;;) {
    const Pins pins = find_pins(tree_);
    if (pins.n_tokens <= n_cells) return;
    Node* node = pins.oldest;
    node->pinned = 0;
    const auto leaf = std::find_if(node->holders.begin(), node->holders.end(),
                                   [](const Holder* h) { return h->kind == Holder::Kind::kCached; });
    if (leaf != node->holders.end() && is_covered(**leaf)) {
      erase(**leaf);
    } else {
      tree_.tidy(node);
    }
  }
}

}  // namespace electron_local
