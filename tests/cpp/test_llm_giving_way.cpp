// What leaves the cells before a prompt is read, so that attention spans fewer of them.
#include "cache_rig.h"

using namespace electron_local_test;

namespace {

void test_what_must_go_anyway_gives_way_to_a_long_prompt() {
  Rig rig({1000, 8, 1, 100000});
  rig.serve(text(1, 50));
  const Lease lease = rig.acquire(text(2, 40));
  CHECK_EQUAL(rig.n_used(), 0);
  CHECK_EQUAL(rig.cache.stats().leaves_host, 1);
  rig.evaluate(lease, text(2, 40), 40);
  rig.release(lease, text(2, 40));
  CHECK_EQUAL(rig.acquire(text(1, 51)).n_tokens, 50);
}

void test_a_short_prompt_waits_for_no_copy() {
  Rig rig({1000, 8, 1, 100000});
  rig.serve(text(1, 500));
  const Lease lease = rig.acquire(text(2, 10));
  CHECK_EQUAL(rig.n_used(), 500);
  rig.evaluate(lease, text(2, 10), 10);
  rig.release(lease, text(2, 10));
  CHECK_EQUAL(rig.n_used(), 10);
  CHECK_EQUAL(rig.cache.stats().leaves_host, 1);
}

void test_a_tail_that_was_departed_from_gives_way() {
  Rig rig({1000, 8, 1, 100000});
  const Lease first = rig.serve(text(1, 500) + text(2, 20));
  const Lease second = rig.acquire(text(1, 500) + text(3, 20));
  CHECK_EQUAL(second.n_tokens, 500);
  CHECK_EQUAL(second.id, first.id);
  CHECK_EQUAL(rig.n_used(), 500);
  CHECK_EQUAL(rig.cache.stats().leaves_host, 1);
  CHECK_EQUAL(rig.cache.stats().host_bytes, static_cast<std::int64_t>(20 * sizeof(Token)));
  rig.evaluate(second, text(1, 500) + text(3, 4), 504);
  rig.release(second, text(1, 500) + text(3, 4));
  CHECK_EQUAL(rig.serve(text(1, 500) + text(4, 20)).n_tokens, 500);
  CHECK_EQUAL(rig.cache.stats().leaves_host, 1);  // four tokens are not worth a copy
}

void test_a_tail_stays_while_the_same_prompt_is_asked_again() {
  Rig rig({1000, 8, 1, 100000});
  rig.serve(text(1, 100) + text(2, 20));
  const Lease again = rig.acquire(text(1, 100));
  CHECK_EQUAL(rig.n_used(), 120);
  rig.release(again, text(1, 100));
  CHECK_EQUAL(rig.cache.match_length(text(1, 100) + text(2, 21)), 120);
}

void test_tokens_that_come_singly_become_one_by_blocks() {
  Rig rig(kLarge);
  rig.serve(text(1, 100));
  const Lease lease = rig.acquire(text(1, 11));
  for (int n = 11; n <= 50; ++n) rig.evaluate(lease, text(1, 100), n);
  CHECK_EQUAL(rig.n_used(), 100 + 50 - 32);
  rig.release(lease, text(1, 50));
  CHECK_EQUAL(rig.n_used(), 100);
}

}  // namespace

int main() {
  test_what_must_go_anyway_gives_way_to_a_long_prompt();
  test_a_short_prompt_waits_for_no_copy();
  test_a_tail_that_was_departed_from_gives_way();
  test_a_tail_stays_while_the_same_prompt_is_asked_again();
  test_tokens_that_come_singly_become_one_by_blocks();
  return electron_local_test::n_failures;
}
