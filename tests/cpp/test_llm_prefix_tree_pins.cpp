// Pinned prefixes: they go last, and keep to a budget of their own.
#include "cache_rig.h"
#include "check.h"

using namespace electron_local_test;

namespace {

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

}  // namespace

int main() {
  test_pinned_prefixes_go_last();
  test_a_pinned_prefix_keeps_its_id();
  test_later_pins_push_older_ones_out();
  return electron_local_test::n_failures;
}
