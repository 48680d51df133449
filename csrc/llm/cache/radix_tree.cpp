#include "llm/cache/radix_tree.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "base/error.h"

namespace electron_local {
namespace {

void count_live(Node* node, int change) {
  for (; node != nullptr; node = node->parent) node->n_live += change;
}

void detach(Holder& holder) {
  std::vector<Holder*>& holders = holder.end->holders;
  holders.erase(std::find(holders.begin(), holders.end(), &holder));
  if (holder.live()) count_live(holder.end, -1);
  holder.end = nullptr;
}

bool is_needed(const Node& node) {
  return node.parent == nullptr || !node.holders.empty() || node.pinned != 0 || node.children.size() != 1;
}

// Returns the number of live holders at the end of `node` and below.
int check_node(const Node& node) {
  int n_live = 0;
  for (const Holder* holder : node.holders) {
    if (holder->end != &node) throw DecodeError("a holder does not stand where the tree says");
    n_live += holder->live() ? 1 : 0;
  }
  for (const auto& [first, child] : node.children) {
    if (child->parent != &node || child->tokens.empty() || child->tokens[0] != first ||
        child->begin() != node.end) {
      throw DecodeError("a node at " + std::to_string(node.end) + " has a child that does not continue it");
    }
    n_live += check_node(*child);
  }
  if (n_live != node.n_live) {
    throw DecodeError("a node at " + std::to_string(node.end) + " has " + std::to_string(n_live) +
                      " live holders, counted are " + std::to_string(node.n_live));
  }
  if (node.parent != nullptr && node.holders.empty() && node.children.empty()) {
    throw DecodeError("a node at " + std::to_string(node.end) + " is held by nobody");
  }
  if (!is_needed(node)) throw DecodeError("a node at " + std::to_string(node.end) + " divides nothing");
  return n_live;
}

}  // namespace

Place RadixTree::walk(const std::vector<Token>& tokens, int limit, Node* from) const {
  Place place{from != nullptr ? from : root(), 0};
  place.n_tokens = place.node->end;
  while (place.n_tokens < limit) {
    const auto found = place.node->children.find(tokens[static_cast<std::size_t>(place.n_tokens)]);
    if (found == place.node->children.end()) break;
    Node* child = found->second.get();
    const int n_most = std::min(limit, child->end) - place.n_tokens;
    const auto first = child->tokens.begin();
    const auto differs = std::mismatch(first, first + n_most, tokens.begin() + place.n_tokens).first;
    place.node = child;
    place.n_tokens += static_cast<int>(differs - first);
    if (place.n_tokens < child->end) break;
  }
  return place;
}

void RadixTree::move(Holder& holder, const std::vector<Token>& tokens, int n_tokens) {
  Node* old = holder.end;
  const bool goes_on = old != nullptr && old->end <= n_tokens;
  if (goes_on && old->parent != nullptr && old->children.empty() && old->holders.size() == 1 &&
      old->pinned == 0) {
    old->tokens.insert(old->tokens.end(), tokens.begin() + old->end, tokens.begin() + n_tokens);
    old->end = n_tokens;
    return;
  }
  const Place place = walk(tokens, n_tokens, goes_on ? old : nullptr);
  Node* node = split(place);
  if (place.n_tokens < n_tokens) {
    auto child = std::make_unique<Node>();
    child->parent = node;
    child->tokens.assign(tokens.begin() + place.n_tokens, tokens.begin() + n_tokens);
    child->end = n_tokens;
    std::unique_ptr<Node>& slot = node->children[child->tokens[0]];
    slot = std::move(child);
    node = slot.get();
  }
  if (old == node) return;
  if (old != nullptr) detach(holder);
  attach(holder, node);
  if (old != nullptr) tidy(old);
}

void RadixTree::attach(Holder& holder, Node* node) {
  holder.end = node;
  node->holders.push_back(&holder);
  if (holder.live()) count_live(node, 1);
}

void RadixTree::remove(Holder& holder) {
  Node* node = holder.end;
  detach(holder);
  tidy(node);
}

Node* RadixTree::split(Place place) {
  Node* lower = place.node;
  if (place.n_tokens == lower->end) return lower;
  const auto middle = lower->tokens.begin() + (place.n_tokens - lower->begin());
  auto upper = std::make_unique<Node>();
  upper->parent = lower->parent;
  upper->tokens.assign(lower->tokens.begin(), middle);
  upper->end = place.n_tokens;
  upper->n_live = lower->n_live;
  lower->tokens.erase(lower->tokens.begin(), middle);
  lower->parent = upper.get();

  std::unique_ptr<Node>& slot = upper->parent->children[upper->tokens[0]];
  slot.swap(upper);
  slot->children[lower->tokens[0]] = std::move(upper);
  return slot.get();
}

void RadixTree::tidy(Node* node) {
  while (node->parent != nullptr && node->holders.empty() && node->children.empty()) {
    Node* parent = node->parent;
    parent->children.erase(parent->children.find(node->tokens[0]));
    node = parent;
  }
  if (is_needed(*node)) return;
  std::unique_ptr<Node> child = std::move(node->children.begin()->second);
  child->tokens.insert(child->tokens.begin(), node->tokens.begin(), node->tokens.end());
  child->parent = node->parent;
  node->parent->children[child->tokens[0]] = std::move(child);
}

std::vector<Token> RadixTree::tokens_of(const Node* node) const {
  std::vector<Token> tokens(static_cast<std::size_t>(node->end));
  for (; node->parent != nullptr; node = node->parent) {
    std::copy(node->tokens.begin(), node->tokens.end(), tokens.begin() + node->begin());
  }
  return tokens;
}

Holder* RadixTree::find_live(const Node* node, const Test& test) {
  if (node->n_live == 0) return nullptr;
  for (Holder* holder : node->holders) {
    if (holder->live() && test(*holder)) return holder;
  }
  for (const auto& [first, child] : node->children) {
    if (Holder* found = find_live(child.get(), test)) return found;
  }
  return nullptr;
}

Holder* RadixTree::find_host(const Node* node, const Test& test) {
  for (Holder* holder : node->holders) {
    if (!holder->live() && test(*holder)) return holder;
  }
  for (const auto& [first, child] : node->children) {
    if (Holder* found = find_host(child.get(), test)) return found;
  }
  return nullptr;
}

void RadixTree::check_integrity() const { check_node(*root_); }

}  // namespace electron_local
