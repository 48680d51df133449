// The rules of the prefix cache, one by one: what is found, what is shared, what is evicted.
#include <vector>

#include "base/error.h"
#include "cache_rig.h"
#include "check.h"
#include "llm/cache/evicted_prefixes.h"
#include "llm/cache/naive_cache.h"

using electron_local::DecodeError;
using electron_local::EvictedPrefixes;
using electron_local::InvalidArgument;
using electron_local::NaiveCache;
using electron_local::SequenceId;
using namespace electron_local_test;

namespace {

void test_a_match_says_where_it_ends_and_why() {
  Rig rig(kLarge);
  CHECK_EQUAL(rig.acquire({}).end, "cold");
  const Lease cold = rig.serve(text(1, 10));
  CHECK_EQUAL(cold.n_tokens, 0);
  CHECK_EQUAL(cold.end, "cold");

  CHECK_EQUAL(rig.cache.match_length(text(1, 10)), 9);
  CHECK_EQUAL(rig.acquire(text(1, 10)).end, "whole prompt");
  CHECK_EQUAL(rig.acquire(text(1, 1)).n_tokens, 0);
  CHECK_EQUAL(rig.acquire(text(1, 6) + text(2, 3)).end, "first differing token");
  CHECK_EQUAL(rig.cache.match_length(text(1, 6) + text(2, 3)), 6);
  const Lease rest = rig.acquire(text(1, 10) + text(2, 3));
  CHECK_EQUAL(rest.n_tokens, 10);
  CHECK_EQUAL(rest.end, "end of cache");
  CHECK_EQUAL(rig.acquire(text(3, 3)).end, "first differing token");
}

void test_a_prefix_is_shared_without_a_copy() {
  Rig rig(kLarge);
  rig.serve(text(1, 100));
  std::vector<Lease> leases;
  std::vector<Tokens> prompts;
  for (Token i = 0; i < 7; ++i) {
    prompts.push_back(text(1, 90) + text(2 + i, 5));
    leases.push_back(rig.acquire(prompts.back()));
    CHECK_EQUAL(leases.back().n_tokens, 90);
    rig.evaluate(leases.back(), prompts.back(), 95);
  }
  CHECK_EQUAL(rig.n_used(), 100 + 7 * 5);
  CHECK_EQUAL(rig.acquire(text(1, 100)).n_tokens, 99);  // the eighth id, that of the leaf
  CHECK(!rig.cache.acquire(text(1, 100)));
  for (std::size_t i = 0; i < leases.size(); ++i) rig.release(leases[i], prompts[i]);
}

void test_a_whole_leaf_runs_on_under_its_own_id() {
  Rig rig(kLarge);
  const Lease first = rig.serve(text(1, 50));
  const Lease second = rig.serve(text(1, 50) + text(2, 20));
  CHECK_EQUAL(second.n_tokens, 50);
  CHECK_EQUAL(second.id, first.id);
  CHECK_EQUAL(rig.cache.stats().leaves_live, 1);
  CHECK_EQUAL(rig.n_used(), 70);
}

void test_a_covered_leaf_is_dropped() {
  Rig rig(kLarge);
  const Lease running = rig.acquire(text(1, 50));
  rig.evaluate(running, text(1, 50), 20);
  const Lease shorter = rig.acquire(text(1, 30));  // shares 20 of the running one
  CHECK_EQUAL(shorter.n_tokens, 20);
  rig.evaluate(shorter, text(1, 30), 30);
  rig.release(shorter, text(1, 30));
  CHECK_EQUAL(rig.cache.stats().leaves_live, 1);
  rig.evaluate(running, text(1, 50), 40);
  CHECK_EQUAL(rig.cache.stats().leaves_live, 0);
  CHECK_EQUAL(rig.n_used(), 40);
  rig.release(running, text(1, 50));
  CHECK_EQUAL(rig.cache.match_length(text(1, 50)), 40);  // cancelled half-way: what was computed stays
}

void test_tokens_evaluated_twice_become_one() {
  Rig rig(kLarge);
  const Lease a = rig.acquire(text(1, 40));
  const Lease b = rig.acquire(text(1, 30) + text(2, 10));
  rig.evaluate(a, text(1, 40), 40);
  rig.evaluate(b, text(1, 30) + text(2, 10), 35);
  CHECK_EQUAL(rig.n_used(), 45);
  rig.release(a, text(1, 40));
  rig.release(b, text(1, 30) + text(2, 10));
  CHECK_EQUAL(rig.n_used(), 45);
}

void test_running_sequences_lock_what_they_share() {
  Rig rig({100, 8, 4, 0});
  rig.serve(text(1, 60));
  const Tokens prompt = text(1, 50) + text(2, 10);
  const Lease lease = rig.acquire(prompt);
  CHECK(!rig.cache.reserve(51));
  CHECK_EQUAL(rig.n_used(), 60);  // a refusal evicts nothing
  CHECK(rig.cache.reserve(50));
  CHECK_EQUAL(rig.n_used(), 50);
  CHECK(rig.memory.holds(lease.id, prompt, 50));
  CHECK_EQUAL(rig.cache.match_length(text(1, 60)), 50);
}

void test_the_least_recently_used_leaf_goes_first() {
  Rig rig({100, 8, 4, 0});
  for (const Token i : {1, 2, 3}) rig.serve(text(i, 30));
  rig.serve(text(1, 30));  // again
  CHECK(rig.cache.reserve(40));
  CHECK_EQUAL(rig.cache.match_length(text(1, 31)), 30);
  CHECK_EQUAL(rig.cache.match_length(text(2, 31)), 0);
  CHECK_EQUAL(rig.cache.match_length(text(3, 31)), 30);
  CHECK_EQUAL(rig.cache.stats().evictions, 1u);
  CHECK_EQUAL(rig.acquire(text(2, 31)).end, "evicted");
  CHECK_EQUAL(rig.acquire(text(3, 20) + text(2, 20)).end, "first differing token");
}

void test_eviction_is_remembered_behind_what_stays() {
  Rig rig(kNoHost);
  rig.serve(text(1, 50) + text(2, 50));
  for (const Token i : {3, 4, 5, 6}) rig.serve(text(1, 50) + text(i, 10));  // four leaves at the most
  const Lease lease = rig.acquire(text(1, 50) + text(2, 50));
  CHECK_EQUAL(lease.n_tokens, 50);
  CHECK_EQUAL(lease.end, "evicted");
}

void test_a_whole_prompt_may_match_when_no_logits_are_needed() {
  Rig rig(kLarge);
  rig.serve(text(1, 40));
  CHECK_EQUAL(rig.acquire(text(1, 40)).n_tokens, 39);
  const std::optional<Lease> whole = rig.cache.acquire_up_to(text(1, 40), 40);
  CHECK_EQUAL(whole->n_tokens, 40);
  CHECK(rig.cache.contains(text(1, 40)) && !rig.cache.contains(text(1, 41)));
}

void test_clear_leaves_what_runs() {
  Rig rig(kLarge);
  rig.serve(text(1, 30));
  const Lease lease = rig.acquire(text(1, 20) + text(2, 10));
  rig.cache.pin(text(1, 30));
  rig.cache.clear();
  rig.check();
  CHECK_EQUAL(rig.n_used(), 20);
  CHECK_EQUAL(rig.cache.match_length(text(1, 30)), 20);
  rig.release(lease, text(1, 20));
  rig.cache.clear();
  CHECK_EQUAL(rig.n_used(), 0);
  CHECK_EQUAL(rig.acquire(text(1, 30)).end, "cold");
}

void test_misuse_throws() {
  FakeKvCells memory(4, 10);
  CHECK_THROWS(PrefixTree(memory, {0, 4, 2, 0}), InvalidArgument);
  CHECK_THROWS(PrefixTree(memory, {10, 4, 4, 0}), InvalidArgument);
  CHECK_THROWS(PrefixTree(memory, {10, 4, 2, 0, 11}), InvalidArgument);
  CHECK_THROWS(NaiveCache(memory, {10, 0, 0, 0}), InvalidArgument);
  PrefixTree cache(memory, {10, 4, 2, 0});
  CHECK_THROWS(cache.publish(0, text(1, 5), 5), DecodeError);
  CHECK_THROWS(cache.release(-1, text(1, 5), 5), DecodeError);
  const SequenceId id = cache.acquire(text(1, 20))->id;
  CHECK_THROWS(cache.publish(id, text(1, 5), 6), DecodeError);
  CHECK_THROWS(cache.publish(id, text(1, 20), 11), DecodeError);
}

void test_the_naive_cache_never_matches() {
  FakeKvCells memory(2, 50);
  NaiveCache cache(memory, {50, 2, 0, 0});
  for (int i = 0; i < 2; ++i) {
    const Lease lease = *cache.acquire(text(1, 30));
    CHECK_EQUAL(lease.n_tokens, 0);
    CHECK_EQUAL(lease.end, "cold");
    CHECK(cache.reserve(30));
    memory.evaluate(lease.id, text(1, 30), 30);
    cache.publish(lease.id, text(1, 30), 30);
    CHECK(!cache.reserve(21));
    cache.check_integrity();
    CHECK_EQUAL(cache.match_length(text(1, 40)), 0);
    cache.release(lease.id, text(1, 30), 30);
    CHECK_EQUAL(cache.stats().cells_used, 0);
    CHECK_EQUAL(memory.n_used(), 0);
  }
  CHECK_THROWS(cache.release(0, {}, 0), DecodeError);
  CHECK_EQUAL(cache.stats().misses, 2u);
}

void test_evicted_prefixes_are_bounded() {
  EvictedPrefixes evicted(2);
  for (const Token i : {1, 2, 2, 3}) evicted.remember(text(i, 5), 3);
  CHECK(!evicted.contains(text(1, 5), 3));
  CHECK(evicted.contains(text(2, 9), 3));
  CHECK(!evicted.contains(text(2, 9), 4));
  CHECK(evicted.contains(text(3, 3), 3));
}

}  // namespace

int main() {
  test_a_match_says_where_it_ends_and_why();
  test_a_prefix_is_shared_without_a_copy();
  test_a_whole_leaf_runs_on_under_its_own_id();
  test_a_covered_leaf_is_dropped();
  test_tokens_evaluated_twice_become_one();
  test_running_sequences_lock_what_they_share();
  test_the_least_recently_used_leaf_goes_first();
  test_eviction_is_remembered_behind_what_stays();
  test_a_whole_prompt_may_match_when_no_logits_are_needed();
  test_clear_leaves_what_runs();
  test_misuse_throws();
  test_the_naive_cache_never_matches();
  test_evicted_prefixes_are_bounded();
  return electron_local_test::n_failures;
}
