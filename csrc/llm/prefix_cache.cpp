#include "llm/prefix_cache.h"

#include <algorithm>
#include <utility>

namespace electron_local {

PrefixMatch NaiveCache::match(const std::vector<Token>&) const { return {0, "cold"}; }

void NaiveCache::store(std::vector<Token> tokens) { n_cells_ = static_cast<int>(tokens.size()); }

int NaiveCache::n_cells() const { return n_cells_; }

PrefixMatch LastConversationCache::match(const std::vector<Token>& prompt) const {
  if (tokens_.empty()) return {0, "cold"};
  const std::size_t limit = std::min(tokens_.size(), prompt.size() - 1);
  const auto end = std::mismatch(prompt.begin(), prompt.begin() + limit, tokens_.begin()).first;
  const int n_tokens = static_cast<int>(end - prompt.begin());
  if (n_tokens + 1 == static_cast<int>(prompt.size())) return {n_tokens, "whole prompt"};
  if (n_tokens == static_cast<int>(tokens_.size())) return {n_tokens, "end of cache"};
  return {n_tokens, "first differing token"};
}

void LastConversationCache::store(std::vector<Token> tokens) { tokens_ = std::move(tokens); }

int LastConversationCache::n_cells() const { return static_cast<int>(tokens_.size()); }

}  // namespace electron_local
