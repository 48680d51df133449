// Remembers, within bounds, which prefixes were cached once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <unordered_set>
#include <vector>

#include "llm/types.h"

namespace electron_local {

// Hashes alone: a wrong yes is possible, very unlikely and harmless. The oldest are forgotten first.
class EvictedPrefixes {
 public:
  explicit EvictedPrefixes(std::size_t n_most = 4096) : n_most_(n_most) {}

  // Tokens [0, n_tokens) were cached and are no more.
  void remember(const std::vector<Token>& tokens, int n_tokens) {
    const std::uint64_t hash = hash_of(tokens, n_tokens);
    if (!hashes_.insert(hash).second) return;
    order_.push_back(hash);
    if (order_.size() <= n_most_) return;
    hashes_.erase(order_.front());
    order_.pop_front();
  }

  bool contains(const std::vector<Token>& tokens, int n_tokens) const {
    return !hashes_.empty() && hashes_.count(hash_of(tokens, n_tokens)) > 0;
  }

  void clear() {
    hashes_.clear();
    order_.clear();
  }

 private:
  // FNV-1a over whole tokens, with a final mix (from MurmurHash3).
  static std::uint64_t hash_of(const std::vector<Token>& tokens, int n_tokens) {
    std::uint64_t hash = 14695981039346656037u;
    for (int i = 0; i < n_tokens; ++i) {
      hash = (hash ^ static_cast<std::uint32_t>(tokens[static_cast<std::size_t>(i)])) * 1099511628211u;
    }
    hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdu;
    return hash ^ (hash >> 33);
  }

  std::size_t n_most_;
  std::unordered_set<std::uint64_t> hashes_;
  std::deque<std::uint64_t> order_;
};

}  // namespace electron_local
