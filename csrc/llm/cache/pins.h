// Which prefixes of a tree are pinned, and what they take together.
#pragma once

#include "llm/cache/radix_tree.h"

namespace electron_local {

struct Pins {
  Node* oldest = nullptr;
  int n_tokens = 0;  // shared ones once
};

// Adds what is pinned at the end of `node` or below. True: something is.
inline bool collect_pins(Node* node, Pins& pins) {
  bool is_pinned = node->pinned != 0;
  if (is_pinned && (pins.oldest == nullptr || node->pinned < pins.oldest->pinned)) pins.oldest = node;
  for (const auto& [first, child] : node->children) is_pinned = collect_pins(child.get(), pins) || is_pinned;
  if (is_pinned) pins.n_tokens += static_cast<int>(node->tokens.size());
  return is_pinned;
}

inline Pins find_pins(const RadixTree& tree) {
  Pins pins;
  collect_pins(tree.root(), pins);
  return pins;
}

}  // namespace electron_local
