// Leaves of the prefix cache whose states wait in host memory, within a budget of bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "llm/cache/radix_tree.h"

namespace electron_local {

// Owns these holders; their places in the tree are the caller's matter. Decode thread only.
class HostLeaves {
 public:
  explicit HostLeaves(std::size_t n_most_bytes) : n_most_bytes_(n_most_bytes) {}

  bool could_fit(std::size_t n_bytes) const { return n_bytes > 0 && n_bytes <= n_most_bytes_; }
  bool fits(std::size_t n_bytes) const { return could_fit(n_bytes) && n_bytes_ + n_bytes <= n_most_bytes_; }

  // The state, of tokens from `begin` on, must fit.
  Holder& add(SavedState state, int begin, std::uint64_t last_used) {
    n_bytes_ += state.size();
    leaves_.push_back(std::make_unique<Holder>());
    Holder& leaf = *leaves_.back();
    leaf.kind = Holder::Kind::kHost;
    leaf.state = std::move(state);
    leaf.begin = begin;
    leaf.last_used = last_used;
    return leaf;
  }

  void erase(const Holder& leaf) {
    n_bytes_ -= leaf.state.size();
    for (auto& slot : leaves_) {
      if (slot.get() != &leaf) continue;
      slot.swap(leaves_.back());
      break;
    }
    leaves_.pop_back();
  }

  // The least recently used one; nullptr: there is none.
  Holder* coldest() const {
    Holder* coldest = nullptr;
    for (const auto& leaf : leaves_) {
      if (coldest == nullptr || leaf->last_used < coldest->last_used) coldest = leaf.get();
    }
    return coldest;
  }

  const std::vector<std::unique_ptr<Holder>>& all() const { return leaves_; }
  std::size_t n_bytes() const { return n_bytes_; }
  std::size_t n_most_bytes() const { return n_most_bytes_; }

 private:
  std::size_t n_most_bytes_;
  std::size_t n_bytes_ = 0;
  std::vector<std::unique_ptr<Holder>> leaves_;
};

}  // namespace electron_local
