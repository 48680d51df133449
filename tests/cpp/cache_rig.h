// A prefix cache over a memory without a model, checked at every step.
#pragma once

#include <numeric>
#include <optional>
#include <vector>

#include "check.h"
#include "fake_kv_cells.h"
#include "llm/cache/prefix_tree.h"

namespace electron_local_test {

using electron_local::CacheLimits;
using electron_local::Lease;
using electron_local::PrefixTree;
using Tokens = std::vector<Token>;

// n tokens that begin with `first` and are those of no other `first`.
inline Tokens text(Token first, int n) {
  Tokens tokens(static_cast<std::size_t>(n));
  std::iota(tokens.begin(), tokens.end(), first * 1000);
  return tokens;
}

inline Tokens operator+(Tokens a, const Tokens& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

struct Rig {
  explicit Rig(const CacheLimits& limits, bool can_trim = true)
      : memory(limits.n_sequences, limits.n_cells, can_trim), cache(memory, limits) {}

  Lease acquire(const Tokens& prompt) {
    const std::optional<Lease> lease = cache.acquire(prompt);
    CHECK(lease.has_value());
    if (!lease) return {};
    CHECK(memory.holds(lease->id, prompt, lease->n_tokens));
    check();
    return *lease;
  }

  void evaluate(const Lease& lease, const Tokens& tokens, int n_total) {
    CHECK(cache.reserve(n_total - memory.n_tokens(lease.id)));
    memory.evaluate(lease.id, tokens, n_total);
    cache.publish(lease.id, tokens, n_total);
    CHECK(memory.holds(lease.id, tokens, n_total));
    check();
  }

  void release(const Lease& lease, const Tokens& tokens) {
    cache.release(lease.id, tokens, memory.n_tokens(lease.id));
    check();
    cache.tidy();
    check();
  }

  // From beginning to end.
  Lease serve(const Tokens& tokens) {
    const Lease lease = acquire(tokens);
    evaluate(lease, tokens, static_cast<int>(tokens.size()));
    release(lease, tokens);
    return lease;
  }

  void check() {
    cache.check_integrity();
    CHECK_EQUAL(cache.stats().cells_used, memory.n_used());
  }

  int n_used() const { return cache.stats().cells_used; }

  FakeKvCells memory;
  PrefixTree cache;
};

inline constexpr CacheLimits kLarge{1000, 8, 4, 100000};
inline constexpr CacheLimits kNoHost{1000, 8, 4, 0};

}  // namespace electron_local_test
