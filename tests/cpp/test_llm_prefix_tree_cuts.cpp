// Cuts of what the prefix cache holds: stale tails go; memory that refuses to be cut gives no wrong answer.
#include "cache_rig.h"
#include "check.h"

using namespace electron_local_test;

namespace {

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

}  // namespace

int main() {
  test_memory_that_cannot_be_trimmed_gives_whole_leaves_alone();
  test_a_refused_cut_counts_for_that_sequence_alone();
  test_memory_found_to_be_untrimmable_gives_no_wrong_answer();
  test_a_stale_tail_is_given_up();
  test_a_stale_tail_that_others_need_stays();
  test_a_roll_back_frees_cells();
  return electron_local_test::n_failures;
}
