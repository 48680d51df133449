// Token sequences with common prefixes, as a tree: who holds which prefix.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "llm/cache/kv_cells.h"
#include "llm/types.h"

namespace electron_local {

struct Node;

// A sequence whose tokens are a path from the root: it runs, or it is a leaf of the cache, live in cells or
// waiting in host memory.
struct Holder {
  enum class Kind { kRunning, kCached, kHost };
  Kind kind = Kind::kRunning;
  SequenceId id = -1;           // -1 in host memory
  SavedState state;             // in host memory only: of tokens [begin, n_tokens)
  int begin = 0;                // more than 0: the tokens before must be had from elsewhere
  std::uint64_t last_used = 0;  // ticks of the cache
  Node* end = nullptr;          // its tokens end where this node does
  bool can_cut = true;          // false once the memory has refused to cut this sequence: it is of use whole

  bool live() const { return kind != Kind::kHost; }
  int n_tokens() const;
};

// Tokens [begin, end) of every sequence below. Every node but the root has a holder at its end or below.
struct Node {
  Node* parent = nullptr;
  std::vector<Token> tokens;
  int end = 0;
  std::map<Token, std::unique_ptr<Node>> children;  // by first token
  std::vector<Holder*> holders;                     // that end here
  int n_live = 0;                                   // live holders here and below
  std::uint64_t pinned = 0;                         // tick; 0: not pinned

  int begin() const { return end - static_cast<int>(tokens.size()); }
};

inline int Holder::n_tokens() const { return end->end; }

// A prefix of n_tokens tokens; the last of them stands in `node`, not always at its end.
struct Place {
  Node* node = nullptr;
  int n_tokens = 0;
};

// An index: it owns nodes, not holders, and knows nothing of cells. Decode thread only.
class RadixTree {
 public:
  RadixTree() : root_(std::make_unique<Node>()) {}

  Node* root() const { return root_.get(); }

  // The longest prefix of tokens [0, limit) in the tree. `from`: a node known to be on the way.
  Place walk(const std::vector<Token>& tokens, int limit, Node* from = nullptr) const;

  // Lets the holder, which may be in the tree already, hold tokens [0, n_tokens). Where it was on the same
  // path and not deeper, the tokens before are trusted to be the same.
  void move(Holder& holder, const std::vector<Token>& tokens, int n_tokens);

  // Places the holder, which is not in the tree, at the end of a node.
  void attach(Holder& holder, Node* node);

  void remove(Holder& holder);

  // A node that ends at the place.
  Node* split(Place place);

  // Removes or joins nodes that nobody needs any more, from `node` upwards.
  void tidy(Node* node);

  // The tokens from the root to the end of `node`.
  std::vector<Token> tokens_of(const Node* node) const;

  // Some holder at the end of `node` or below that passes the test; nullptr: none is live, or none waits in
  // host memory.
  using Test = std::function<bool(const Holder&)>;
  static Holder* find_live(const Node* node, const Test& test = any_holder);
  static Holder* find_host(const Node* node, const Test& test = any_holder);

  // Throws DecodeError when the structure is broken.
  void check_integrity() const;

 private:
  static bool any_holder(const Holder&) { return true; }

  std::unique_ptr<Node> root_;
};

}  // namespace electron_local
