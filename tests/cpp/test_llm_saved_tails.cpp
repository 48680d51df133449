// What goes to host memory is a conversation's own: the prefix that others hold stays where it is.
#include "cache_rig.h"
#include "llm/cache/kv_cells.h"

using namespace electron_local_test;

namespace {

constexpr CacheLimits kOneLeaf{1000, 8, 1, 100000};

std::int64_t bytes_of(int n_tokens) {
  return static_cast<std::int64_t>(static_cast<std::size_t>(n_tokens) * sizeof(Token));
}

Tokens turn(Token session, int n_own) { return text(1, 500) + text(session, n_own); }

void test_sessions_that_take_turns_move_their_own_tokens() {
  Rig rig(kOneLeaf);
  for (Token session = 2; session <= 4; ++session) rig.serve(turn(session, 50));
  CHECK_EQUAL(rig.n_used(), 550);
  CHECK_EQUAL(rig.cache.stats().leaves_host, 2);
  CHECK_EQUAL(rig.cache.stats().host_bytes, bytes_of(100));
  for (int n_own = 80; n_own <= 200; n_own += 30) {
    for (Token session = 2; session <= 4; ++session) {
      CHECK_EQUAL(rig.serve(turn(session, n_own)).n_tokens, 500 + n_own - 30);
      CHECK(rig.n_used() <= 700);
    }
  }
  CHECK_EQUAL(rig.cache.stats().host_bytes, bytes_of(400));
}

void test_a_tail_comes_back_while_others_run_on_its_prefix() {
  Rig rig(kOneLeaf);
  rig.serve(turn(2, 50));
  const Lease running = rig.acquire(turn(3, 50));
  rig.evaluate(running, turn(3, 50), 550);
  CHECK_EQUAL(rig.cache.stats().host_bytes, bytes_of(50));
  const Lease back = rig.acquire(turn(2, 60));
  CHECK_EQUAL(back.n_tokens, 550);
  CHECK_EQUAL(rig.n_used(), 600);
  rig.release(running, turn(3, 50));
  rig.release(back, turn(2, 50));
}

void test_part_of_a_tail_is_of_use() {
  Rig rig(kOneLeaf);
  rig.serve(turn(2, 50));
  rig.serve(turn(3, 50));
  CHECK_EQUAL(rig.acquire(turn(2, 40) + text(9, 20)).n_tokens, 540);
}

void test_the_prefix_follows_into_host_memory() {
  Rig rig(kOneLeaf);
  rig.serve(turn(2, 50));
  rig.serve(turn(3, 50));
  rig.serve(text(7, 600));  // nobody in cells holds the prefix now
  CHECK_EQUAL(rig.cache.stats().host_bytes, bytes_of(600));
  CHECK(rig.cache.contains(turn(2, 50)) && rig.cache.contains(turn(3, 50)));
  CHECK_EQUAL(rig.acquire(turn(2, 60)).n_tokens, 550);
  CHECK_EQUAL(rig.cache.stats().moves_from_host, 2u);
}

void test_a_tail_without_its_prefix_is_of_no_use() {
  Rig rig({1000, 8, 1, 400 * sizeof(Token)});
  rig.serve(turn(2, 50));
  rig.serve(turn(3, 50));
  CHECK_EQUAL(rig.acquire(turn(2, 60)).n_tokens, 550);
  Rig lost({1000, 8, 1, 400 * sizeof(Token)});  // no room for the prefix
  lost.serve(turn(2, 50));
  lost.serve(turn(3, 50));
  lost.serve(text(7, 300));
  CHECK_EQUAL(lost.cache.match_length(turn(2, 60)), 0);
  CHECK(!lost.cache.contains(turn(2, 50)));
  CHECK_EQUAL(lost.serve(turn(2, 60)).n_tokens, 0);
}

void test_a_refused_tail_leaves_the_prefix() {
  Rig rig(kOneLeaf);
  rig.serve(turn(2, 50));
  rig.serve(turn(3, 50));
  rig.memory.fail_one_in(1, 1);
  const Lease lease = rig.acquire(turn(2, 60));
  CHECK_EQUAL(lease.n_tokens, 500);
}

void test_the_only_leaf_left_gives_its_id_to_the_tail() {
  Rig rig({1000, 2, 1, 100000});
  rig.serve(turn(2, 50));
  rig.serve(turn(3, 50));
  const Lease other = rig.acquire(text(8, 10));
  rig.evaluate(other, text(8, 10), 10);
  const Lease back = rig.acquire(turn(2, 60));
  CHECK_EQUAL(back.n_tokens, 550);
  CHECK_EQUAL(rig.n_used(), 560);
  rig.release(back, turn(2, 50));
  rig.release(other, text(8, 10));
}

}  // namespace

int main() {
  test_sessions_that_take_turns_move_their_own_tokens();
  test_a_tail_comes_back_while_others_run_on_its_prefix();
  test_part_of_a_tail_is_of_use();
  test_the_prefix_follows_into_host_memory();
  test_a_tail_without_its_prefix_is_of_no_use();
  test_a_refused_tail_leaves_the_prefix();
  test_the_only_leaf_left_gives_its_id_to_the_tail();
  return electron_local_test::n_failures;
}
