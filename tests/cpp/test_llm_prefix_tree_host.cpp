// Leaves of the prefix cache that wait in host memory: which go there, and how they come back.
#include <cstdint>

#include "cache_rig.h"
#include "check.h"

using electron_local::SavedState;
using namespace electron_local_test;

namespace {

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

}  // namespace

int main() {
  test_no_more_leaves_than_allowed();
  test_a_cold_leaf_comes_back_from_host_memory();
  test_a_restored_leaf_shares_what_is_live();
  test_host_memory_keeps_to_its_budget();
  test_little_gain_is_not_worth_a_copy();
  test_a_refused_state_is_forgotten();
  test_the_last_leaf_is_cut_when_no_id_is_left();
  test_a_saved_state_is_adopted();
  return electron_local_test::n_failures;
}
