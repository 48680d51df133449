// Random requests against the prefix caches: memory must always hold what a lease says, and the books must
// balance.
#include <algorithm>
#include <cstdint>
#include <exception>
#include <iostream>
#include <memory>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "check.h"
#include "fake_kv_cells.h"
#include "llm/cache/naive_cache.h"
#include "llm/cache/prefix_tree.h"

using electron_local::CacheLimits;
using electron_local::CacheStats;
using electron_local::Lease;
using electron_local::NaiveCache;
using electron_local::PrefixCache;
using electron_local::PrefixTree;
using electron_local::SequenceId;
using electron_local::Token;
using electron_local_test::FakeKvCells;

namespace {

struct Running {
  SequenceId id;
  std::vector<Token> tokens;
  int n_evaluated;
};

struct Setting {
  const char* name;
  CacheLimits limits;
  bool can_trim = true;
  int fail_one_in = 0;
  bool naive = false;
};

class Rig {
 public:
  Rig(const Setting& setting, unsigned seed)
      : setting_(setting),
        memory_(setting.limits.n_sequences, setting.limits.n_cells, setting.can_trim),
        random_(seed) {
    memory_.fail_one_in(setting.fail_one_in, seed);
    if (setting.naive) {
      cache_ = std::make_unique<NaiveCache>(memory_, setting.limits);
    } else {
      cache_ = std::make_unique<PrefixTree>(memory_, setting.limits);
    }
    history_.push_back({0, 1, 2, 0, 1, 1, 2, 2, 0});
  }

  void step() {
    const int choice = draw(100);
    if (choice < 30) {
      acquire();
    } else if (choice < 72) {
      evaluate();
    } else if (choice < 86) {
      release();
    } else if (choice < 90) {
      reserve();
    } else if (choice < 93) {
      roll_back();
    } else if (choice < 97) {
      cache_->pin(some_prompt());
    } else if (choice < 98) {
      adopt();
      give_up_a_tail();
    } else if (choice < 99) {
      cache_->unpin_all();
    } else if (draw(5) == 0) {
      cache_->clear();
    }
    check();
  }

  CacheStats stats() const { return cache_->stats(); }
  int n_refusals() const { return n_refusals_; }
  int n_full() const { return n_full_; }

  // Everything ends and is forgotten: not one cell may stay.
  void finish() {
    while (!running_.empty()) release();
    cache_->clear();
    check();
    CHECK_EQUAL(memory_.n_used(), 0);
  }

 private:
  int draw(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }

  // Mostly a conversation that goes on, or one that leaves an earlier one somewhere.
  std::vector<Token> some_prompt() {
    std::vector<Token> prompt = history_[static_cast<std::size_t>(draw(static_cast<int>(history_.size())))];
    if (draw(3) > 0) prompt.resize(static_cast<std::size_t>(draw(static_cast<int>(prompt.size()) + 1)));
    for (int n = 1 + draw(9); n > 0; --n) prompt.push_back(draw(3));
    if (draw(40) == 0) prompt.resize(1);
    const auto n_most = static_cast<std::size_t>(setting_.limits.n_cells * 2 / 3);
    if (prompt.size() > n_most) prompt.resize(n_most);
    return prompt;
  }

  void acquire() {
    const std::vector<Token> prompt = some_prompt();
    const int expected = cache_->match_length(prompt);
    int n_best = 0;
    for (SequenceId id = 0; id < setting_.limits.n_sequences; ++id) {
      n_best = std::max(n_best, std::min(memory_.n_common(id, prompt), static_cast<int>(prompt.size()) - 1));
    }
    if (setting_.fail_one_in > 0) memory_.refuse_cuts(draw(3));
    const std::optional<Lease> lease = cache_->acquire(prompt);
    memory_.refuse_cuts(0);
    CHECK_EQUAL(lease.has_value(), static_cast<int>(running_.size()) < setting_.limits.n_sequences);
    if (!lease) {
      ++n_full_;
      return;
    }
    CHECK(lease->n_tokens < static_cast<int>(prompt.size()));
    CHECK(memory_.holds(lease->id, prompt, lease->n_tokens));
    const bool is_known = setting_.fail_one_in == 0 && setting_.can_trim == setting_.limits.can_trim;
    if (is_known) CHECK_EQUAL(lease->n_tokens, expected);
    const bool must_be_best = setting_.can_trim && setting_.fail_one_in == 0 && !setting_.naive;
    if (must_be_best) CHECK(lease->n_tokens >= n_best);
    if (setting_.naive) CHECK_EQUAL(lease->n_tokens, 0);
    for (const Running& other : running_) CHECK(other.id != lease->id);
    running_.push_back({lease->id, prompt, lease->n_tokens});
  }

  // One batch: several sequences are evaluated, then all of them are published.
  void evaluate() {
    std::vector<std::pair<Running*, int>> plan;
    int n_planned = 0;
    for (Running& sequence : running_) {
      if (draw(2) == 0) continue;
      if (sequence.n_evaluated == static_cast<int>(sequence.tokens.size()))
        sequence.tokens.push_back(draw(3));
      const int n = 1 + draw(static_cast<int>(sequence.tokens.size()) - sequence.n_evaluated);
      plan.emplace_back(&sequence, n);
      n_planned += n;
    }
    if (!reserve(n_planned)) return release();
    for (auto& [sequence, n] : plan) {
      sequence->n_evaluated += n;
      memory_.evaluate(sequence->id, sequence->tokens, sequence->n_evaluated);
    }
    for (auto& [sequence, n] : plan) cache_->publish(sequence->id, sequence->tokens, sequence->n_evaluated);
  }

  bool reserve() { return reserve(1 + draw(setting_.limits.n_cells)); }

  bool reserve(int n_cells) {
    const bool expected = setting_.limits.n_cells - memory_.n_held_by(running_ids()) >= n_cells;
    const int n_used = memory_.n_used();
    const bool done = cache_->reserve(n_cells);
    CHECK_EQUAL(done, expected);
    if (done) {
      CHECK(setting_.limits.n_cells - memory_.n_used() >= n_cells);
    } else {
      CHECK_EQUAL(memory_.n_used(), n_used);
      ++n_refusals_;
    }
    return done;
  }

  // Some finish, some are cancelled half-way, some lose their memory.
  void release() {
    if (running_.empty()) return;
    const auto chosen = running_.begin() + draw(static_cast<int>(running_.size()));
    if (draw(12) == 0) {
      memory_.drop(chosen->id);
      cache_->release(chosen->id, {}, 0);
    } else {
      cache_->release(chosen->id, chosen->tokens, chosen->n_evaluated);
    }
    if (draw(2) == 0) cache_->tidy();
    history_.push_back(chosen->tokens);
    if (history_.size() > 40) history_.erase(history_.begin() + draw(40));
    running_.erase(chosen);
  }

  void roll_back() {
    if (running_.empty() || !setting_.can_trim) return;
    Running& chosen = running_[static_cast<std::size_t>(draw(static_cast<int>(running_.size())))];
    chosen.n_evaluated = draw(chosen.n_evaluated + 1);
    memory_.trim(chosen.id, chosen.n_evaluated);
    cache_->publish(chosen.id, chosen.tokens, chosen.n_evaluated);
    if (chosen.n_evaluated > 0) chosen.tokens.resize(static_cast<std::size_t>(chosen.n_evaluated));
  }

  void adopt() {
    const std::vector<Token> tokens = some_prompt();
    cache_->adopt(tokens, {tokens.data(), tokens.size() * sizeof(Token)});
  }

  void give_up_a_tail() {
    const std::vector<Token>& tokens =
        history_[static_cast<std::size_t>(draw(static_cast<int>(history_.size())))];
    if (setting_.fail_one_in > 0) memory_.refuse_cuts(draw(2));
    cache_->roll_back(tokens, draw(static_cast<int>(tokens.size()) + 1));
    memory_.refuse_cuts(0);
  }

  std::vector<SequenceId> running_ids() const {
    std::vector<SequenceId> ids;
    for (const Running& sequence : running_) ids.push_back(sequence.id);
    return ids;
  }

  void check() {
    cache_->check_integrity();
    CHECK_EQUAL(cache_->stats().cells_used, memory_.n_used());
    for (const Running& sequence : running_) {
      CHECK(memory_.holds(sequence.id, sequence.tokens, sequence.n_evaluated));
    }
  }

  const Setting setting_;
  FakeKvCells memory_;
  std::unique_ptr<PrefixCache> cache_;
  std::mt19937 random_;
  std::vector<Running> running_;
  std::vector<std::vector<Token>> history_;
  int n_refusals_ = 0;
  int n_full_ = 0;
};

void test_random_operations(const Setting& setting) {
  CacheStats sum;
  int n_refusals = 0;
  int n_full = 0;
  for (unsigned seed = 1; seed <= 4; ++seed) {
    Rig rig(setting, seed);
    for (int i = 0; i < 2000 && electron_local_test::n_failures == 0; ++i) {
      try {
        rig.step();
      } catch (const std::exception& error) {
        electron_local_test::report(__FILE__, __LINE__)
            << setting.name << ", seed " << seed << ", step " << i << ": " << error.what() << "\n";
      }
      if (electron_local_test::n_failures > 0) {
        std::cerr << setting.name << ", seed " << seed << ", step " << i << "\n";
        return;
      }
    }
    const CacheStats stats = rig.stats();
    sum.hits += stats.hits;
    sum.misses += stats.misses;
    sum.evictions += stats.evictions;
    sum.moves_to_host += stats.moves_to_host;
    sum.moves_from_host += stats.moves_from_host;
    n_refusals += rig.n_refusals();
    n_full += rig.n_full();
    rig.finish();
  }
  std::cout << setting.name << ": " << sum.hits << " hits, " << sum.misses << " misses, " << sum.evictions
            << " evictions, " << sum.moves_to_host << " moves to host memory, " << sum.moves_from_host
            << " back, " << n_refusals << " reserves refused, " << n_full << " times no id\n";
  CHECK(n_refusals > 0);
  CHECK(n_full > 0);
  CHECK_EQUAL(sum.hits > 0, !setting.naive);
  CHECK_EQUAL(sum.evictions > 0, !setting.naive);
  CHECK_EQUAL(sum.moves_from_host > 0, setting.limits.host_bytes > 0 && !setting.naive);
}

}  // namespace

int main() {
  //                                             cells  ids  leaves  host bytes  pinned
  test_random_operations({"small", CacheLimits{60, 5, 3, 400, 20}});
  test_random_operations({"no host memory", CacheLimits{60, 5, 3, 0, 20}});
  test_random_operations({"many leaves", CacheLimits{150, 9, 6, 4000, 50}});
  test_random_operations({"one leaf", CacheLimits{50, 3, 1, 300, 20}});
  test_random_operations({"no leaves in cells", CacheLimits{50, 3, 0, 300, 20}});
  test_random_operations({"faults", CacheLimits{60, 5, 3, 400, 20}, true, 3});
  test_random_operations({"known to be untrimmable", CacheLimits{60, 5, 3, 400, 20, false}, false});
  test_random_operations({"found to be untrimmable", CacheLimits{60, 5, 3, 400, 20}, false});
  test_random_operations({"untrimmable, faults", CacheLimits{60, 5, 3, 400, 20, false}, false, 3});
  test_random_operations({"naive", CacheLimits{60, 5, 3, 400, 20}, true, 0, true});
  return electron_local_test::n_failures;
}
