// The rules of the prefix cache, one by one.
#include <string>
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
using electron_local::SavedState;
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

void test_no_more_leaves_than_allowed() {
  Rig rig(kLarge);
  for (Token i = 1; i <= 6; ++i) rig.serve(text(i, 20));
  CHECK_EQUAL(rig.cache.stats().leaves_live, 4);
  CHECK_EQUAL(rig.cache.stats().leaves_host, 2);
  CHECK_EQUAL(rig.cache.stats().moves_to_host, 2u);
  CHECK_EQUAL(rig.n_used(), 80);
}

void test_a_cold_leaf_comes_back_from_host_memory() {
  Rig rig(kLarge);
  for (Token i = 1; i <= 5; ++i) rig.serve(text(i, 20));
  const Lease part = rig.acquire(text(1, 15) + text(9, 6));
  CHECK_EQUAL(part.n_tokens, 15);
  // Its last five tokens are nowhere else; and of four live leaves the coldest gave way.
  CHECK_EQUAL(rig.cache.stats().leaves_host, 2);
  rig.release(part, text(1, 15));
  const Lease whole = rig.acquire(text(1, 25));
  CHECK_EQUAL(whole.n_tokens, 20);
  CHECK_EQUAL(rig.cache.stats().moves_from_host, 2u);
  CHECK_EQUAL(rig.cache.match_length(text(1, 25)), 20);
}

void test_a_restored_leaf_shares_what_is_live() {
  Rig rig({1000, 8, 2, 100000});
  rig.serve(text(1, 100) + text(2, 20));
  rig.serve(text(1, 100) + text(3, 20));
  rig.serve(text(1, 100) + text(4, 20));  // the first goes to host memory
  CHECK_EQUAL(rig.n_used(), 140);
  const Lease lease = rig.acquire(text(1, 100) + text(2, 30));
  CHECK_EQUAL(lease.n_tokens, 120);
  CHECK_EQUAL(rig.n_used(), 140);  // of the others, the colder one gave way
}

void test_host_memory_keeps_to_its_budget() {
  Rig rig({1000, 8, 1, 2 * 20 * sizeof(Token)});
  for (Token i = 1; i <= 3; ++i) rig.serve(text(i, 20));  // 1 and 2 wait
  rig.release(rig.acquire(text(1, 10)), text(1, 9));      // 1 was used later than 2
  rig.serve(text(4, 20));
  CHECK(rig.cache.stats().host_bytes <= static_cast<std::int64_t>(2 * 20 * sizeof(Token)));
  CHECK_EQUAL(rig.cache.match_length(text(2, 21)), 0);
  CHECK_EQUAL(rig.acquire(text(2, 21)).end, "evicted");
}

void test_little_gain_is_not_worth_a_copy() {
  Rig rig({1000, 8, 1, 100000});
  rig.serve(text(1, 600));
  rig.serve(text(2, 20));
  CHECK_EQUAL(rig.cache.stats().leaves_host, 1);
  CHECK_EQUAL(rig.cache.match_length(text(1, 5) + text(3, 5)), 0);
  CHECK_EQUAL(rig.cache.match_length(text(1, 11) + text(3, 5)), 11);
}

void test_a_refused_state_is_forgotten() {
  Rig rig({1000, 8, 1, 100000});
  rig.serve(text(1, 20));
  rig.serve(text(2, 20));
  rig.memory.fail_one_in(1, 1);
  const Lease lease = rig.acquire(text(1, 30));
  CHECK_EQUAL(lease.n_tokens, 0);
  CHECK_EQUAL(lease.end, "evicted");
  CHECK_EQUAL(rig.cache.stats().leaves_host, 0);
}

void test_the_last_leaf_is_cut_when_no_id_is_left() {
  Rig rig({1000, 2, 1, 100000});
  const Lease other = rig.acquire(text(2, 5));
  rig.serve(text(1, 50));
  const Lease lease = rig.acquire(text(1, 30) + text(3, 10));
  CHECK_EQUAL(lease.n_tokens, 30);
  CHECK_EQUAL(rig.cache.stats().leaves_host, 1);
  CHECK(!rig.cache.acquire(text(1, 50)));
  rig.release(other, {});
  CHECK_EQUAL(rig.acquire(text(1, 51)).n_tokens, 50);
}

void test_pinned_prefixes_go_last() {
  Rig rig({100, 8, 4, 0, 40});
  rig.serve(text(1, 30) + text(2, 30));
  CHECK_EQUAL(rig.cache.pin(text(1, 30)), 30);
  rig.serve(text(3, 40));
  CHECK(rig.cache.reserve(60));  // more than the tail of the first: the second, newer one goes too
  CHECK_EQUAL(rig.n_used(), 30);
  CHECK_EQUAL(rig.cache.match_length(text(1, 31)), 30);
  for (Token i = 4; i < 12; ++i) rig.serve(text(i, 10));
  CHECK_EQUAL(rig.cache.match_length(text(1, 31)), 30);
  CHECK_EQUAL(rig.cache.stats().leaves_live, 4);
  CHECK(rig.cache.reserve(100));  // nothing else is left
  CHECK_EQUAL(rig.n_used(), 0);
}

void test_a_pinned_prefix_keeps_its_id() {
  Rig rig({100, 3, 2, 0});
  rig.serve(text(1, 20));
  rig.cache.pin(text(1, 20));
  rig.serve(text(2, 20));
  const Lease first = rig.acquire(text(3, 5));
  const Lease second = rig.acquire(text(4, 5));  // takes the id of the newer leaf
  CHECK_EQUAL(rig.cache.match_length(text(1, 21)), 20);
  CHECK_EQUAL(rig.cache.match_length(text(2, 21)), 0);
  CHECK(rig.cache.acquire(text(5, 5)).has_value());  // no other is left
  CHECK_EQUAL(rig.cache.match_length(text(1, 21)), 0);
}

void test_later_pins_push_older_ones_out() {
  Rig rig({100, 8, 4, 0, 50});
  rig.serve(text(1, 30));
  rig.serve(text(2, 30));
  CHECK_EQUAL(rig.cache.pin(text(1, 30)), 30);
  CHECK_EQUAL(rig.cache.pin(text(2, 30)), 30);
  CHECK(rig.cache.reserve(70));
  CHECK_EQUAL(rig.cache.match_length(text(1, 31)), 0);
  CHECK_EQUAL(rig.cache.match_length(text(2, 31)), 30);
  rig.cache.unpin_all();
  rig.serve(text(3, 30));
  CHECK(rig.cache.reserve(70));
  CHECK_EQUAL(rig.cache.match_length(text(2, 31)), 0);
  rig.serve(text(4, 60));
  CHECK_EQUAL(rig.cache.pin(text(4, 60)), 0);  // over the budget
}

void test_memory_that_cannot_be_trimmed_gives_whole_leaves_alone() {
  CacheLimits limits = kLarge;
  limits.can_trim = false;
  Rig rig(limits, false);
  rig.serve(text(1, 40));
  const Lease cut = rig.acquire(text(1, 30) + text(2, 10));
  CHECK_EQUAL(cut.n_tokens, 0);
  CHECK_EQUAL(cut.end, "not trimmable");
  rig.evaluate(cut, text(1, 30) + text(2, 10), 40);
  CHECK_EQUAL(rig.cache.match_length(text(1, 30) + text(2, 20)), 0);  // it runs: more may stand there
  const Lease whole = rig.serve(text(1, 40) + text(3, 10));
  CHECK_EQUAL(whole.n_tokens, 40);
  CHECK_EQUAL(rig.serve(text(1, 40) + text(4, 10)).n_tokens, 40);  // the shorter leaf stayed
  CHECK_EQUAL(rig.cache.match_length(text(1, 40)), 0);
  rig.release(cut, text(1, 30) + text(2, 10));
  CHECK_EQUAL(rig.cache.stats().leaves_live, 4);
  CHECK_EQUAL(rig.cache.pin(text(1, 45)), 40);
  for (Token i = 5; i < 9; ++i) rig.serve(text(i, 10));
  CHECK_EQUAL(rig.cache.match_length(text(1, 41)), 40);
}

void test_a_refused_cut_counts_for_that_sequence_alone() {
  Rig rig(kLarge);
  rig.serve(text(1, 40));
  rig.serve(text(2, 40));
  rig.memory.refuse_cuts(1);
  const Lease refused = rig.serve(text(1, 30) + text(3, 10));
  CHECK_EQUAL(refused.n_tokens, 0);
  CHECK_EQUAL(refused.end, "not trimmable");
  CHECK_EQUAL(rig.serve(text(1, 40) + text(4, 10)).n_tokens, 40);  // whole, it is still of use
  CHECK_EQUAL(rig.serve(text(2, 30) + text(5, 10)).n_tokens, 30);  // others are cut as before
  CHECK_EQUAL(rig.serve(text(1, 20) + text(6, 10)).n_tokens, 20);  // another sequence has these, and is cut
  rig.cache.check_integrity();
}

void test_memory_found_to_be_untrimmable_gives_no_wrong_answer() {
  Rig rig(kLarge, false);
  rig.serve(text(1, 40));
  CHECK_EQUAL(rig.serve(text(1, 30) + text(2, 10)).n_tokens, 0);
  CHECK_EQUAL(rig.serve(text(1, 40) + text(3, 10)).n_tokens, 40);
  rig.cache.check_integrity();
}

void test_a_roll_back_frees_cells() {
  Rig rig(kLarge);
  const Lease lease = rig.acquire(text(1, 50));
  rig.evaluate(lease, text(1, 50), 50);
  rig.memory.trim(lease.id, 20);
  rig.cache.publish(lease.id, text(1, 20), 20);
  CHECK_EQUAL(rig.n_used(), 20);
  rig.evaluate(lease, text(1, 20) + text(2, 20), 40);
  rig.release(lease, text(1, 20) + text(2, 20));
  CHECK_EQUAL(rig.cache.match_length(text(1, 50)), 20);
}

// Partial transcripts: "set the", "set the temperature", "set a timer".
void test_a_stale_tail_is_given_up() {
  Rig rig(kLarge);
  rig.serve(text(1, 50));
  const Tokens before = text(1, 40) + text(2, 20);
  rig.serve(text(1, 40) + text(2, 10));
  rig.serve(before);
  CHECK_EQUAL(rig.n_used(), 70);
  rig.cache.roll_back(before, 45);
  CHECK_EQUAL(rig.n_used(), 55);
  rig.cache.roll_back(before, 20);  // no longer there
  CHECK_EQUAL(rig.n_used(), 55);
  CHECK_EQUAL(rig.cache.match_length(text(1, 60)), 50);
  const Lease next = rig.serve(text(1, 40) + text(2, 5) + text(3, 10));
  CHECK_EQUAL(next.n_tokens, 45);
  CHECK_EQUAL(rig.n_used(), 65);
  rig.cache.roll_back(text(1, 40) + text(2, 5) + text(3, 10), 40);  // all that is left belongs to another
  CHECK_EQUAL(rig.n_used(), 50);
  CHECK_EQUAL(rig.cache.stats().leaves_live, 1);
  rig.cache.roll_back(text(1, 50), 0);
  CHECK_EQUAL(rig.n_used(), 0);
  rig.cache.check_integrity();
}

void test_a_stale_tail_that_others_need_stays() {
  Rig rig(kLarge);
  rig.serve(text(1, 40));
  CHECK_EQUAL(rig.cache.pin(text(1, 30)), 30);
  rig.cache.roll_back(text(1, 40), 20);  // pinned behind the cut
  CHECK_EQUAL(rig.n_used(), 40);
  rig.cache.roll_back(text(1, 40), 30);
  CHECK_EQUAL(rig.n_used(), 30);
  const Lease runs = rig.acquire(text(1, 50));
  rig.evaluate(runs, text(1, 50), 50);
  rig.cache.roll_back(text(1, 50), 35);  // it runs
  CHECK_EQUAL(rig.n_used(), 50);
  rig.release(runs, text(1, 50));
  rig.serve(text(1, 60));
  rig.cache.roll_back(text(1, 50), 35);  // it was continued
  CHECK_EQUAL(rig.n_used(), 60);
  rig.memory.refuse_cuts(1);
  rig.cache.roll_back(text(1, 60), 35);  // refused: the sequence is gone
  CHECK_EQUAL(rig.n_used(), 0);
  rig.cache.check_integrity();
}

void test_a_whole_prompt_may_match_when_no_logits_are_needed() {
  Rig rig(kLarge);
  rig.serve(text(1, 40));
  CHECK_EQUAL(rig.acquire(text(1, 40)).n_tokens, 39);
  const std::optional<Lease> whole = rig.cache.acquire_up_to(text(1, 40), 40);
  CHECK_EQUAL(whole->n_tokens, 40);
  CHECK(rig.cache.contains(text(1, 40)) && !rig.cache.contains(text(1, 41)));
}

void test_a_saved_state_is_adopted() {
  Rig rig(kLarge);
  const Tokens tokens = text(1, 40);
  const auto state = [&] { return SavedState(tokens.data(), tokens.size() * sizeof(Token)); };
  CHECK(rig.cache.adopt(tokens, state()));
  CHECK(!rig.cache.adopt(tokens, state()));
  CHECK_EQUAL(rig.acquire(text(1, 30)).n_tokens, 29);
  CHECK_EQUAL(rig.acquire(text(1, 45)).n_tokens, 40);
  Rig no_host(kNoHost);  // straight into cells
  CHECK(no_host.cache.adopt(tokens, state()));
  CHECK_EQUAL(no_host.n_used(), 40);
  CHECK_EQUAL(no_host.serve(text(1, 45)).n_tokens, 40);
  Rig small(CacheLimits{30, 4, 2, 0});
  CHECK(!small.cache.adopt(tokens, state()));
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
  test_no_more_leaves_than_allowed();
  test_a_cold_leaf_comes_back_from_host_memory();
  test_a_restored_leaf_shares_what_is_live();
  test_host_memory_keeps_to_its_budget();
  test_little_gain_is_not_worth_a_copy();
  test_a_refused_state_is_forgotten();
  test_the_last_leaf_is_cut_when_no_id_is_left();
  test_pinned_prefixes_go_last();
  test_a_pinned_prefix_keeps_its_id();
  test_later_pins_push_older_ones_out();
  test_memory_that_cannot_be_trimmed_gives_whole_leaves_alone();
  test_a_refused_cut_counts_for_that_sequence_alone();
  test_memory_found_to_be_untrimmable_gives_no_wrong_answer();
  test_a_stale_tail_is_given_up();
  test_a_stale_tail_that_others_need_stays();
  test_a_whole_prompt_may_match_when_no_logits_are_needed();
  test_a_roll_back_frees_cells();
  test_a_saved_state_is_adopted();
  test_clear_leaves_what_runs();
  test_misuse_throws();
  test_the_naive_cache_never_matches();
  test_evicted_prefixes_are_bounded();
  return electron_local_test::n_failures;
}
