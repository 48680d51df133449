// Guesses from what was said before, and how many are worth a try: what a guess is worth is learnt.
#include <random>
#include <vector>

#include "check.h"
#include "llm/speculation/drafting.h"
#include "llm/speculation/prompt_lookup.h"

using namespace electron_local;  // the whole room is under test

namespace {

// Without a right guess, speculation must stop; only rare tries remain.
void test_guesses_that_are_never_right_are_not_made() {
  std::vector<Token> tokens = {1, 2, 3, 1, 2};
  PromptLookup lookup;
  std::mt19937 random(1);
  double chance = 1.0;
  for (int i = 0; i < 200; ++i) {
    tokens.insert(tokens.end(), {static_cast<Token>(i % 2 == 0 ? 3 : 4), 1, 2});
    chance = lookup.chance(tokens);
  }
  CHECK(chance > 0.0);  // there is always something to guess: 3 or 4, by turns
  tokens = {1, 2};
  PromptLookup misled;
  for (Token i = 0; i < 200; ++i) {  // the same pair, another token behind it every time
    tokens.insert(tokens.end(), {100 + i, 1, 2});
    chance = misled.chance(tokens);
  }
  CHECK(chance > 0.0 && chance < 0.01);
  CHECK_EQUAL(best_draft_length(StepCosts(), {1, 1}, chance, 0.0, 16), 0);
}

void test_lookup_finds_the_longest_past() {
  //                           0  1  2  3  4  5  6  7  8  9
  std::vector<Token> tokens = {5, 1, 2, 8, 6, 1, 2, 9, 5, 1};
  PromptLookup lookup;
  tokens.push_back(2);  // 5 1 2 stood at the start; 1 2 alone also later
  CHECK(lookup.chance(tokens) > 0.0);
  CHECK(lookup.propose(tokens, 3) == (std::vector<Token>{8, 6, 1}));
  tokens.push_back(30);
  CHECK_EQUAL(lookup.chance(tokens), 0.0);
  CHECK(lookup.propose(tokens, 3).empty());
}

void test_lookup_continues_a_repetition() {
  std::vector<Token> tokens = {1, 2, 3, 1, 2, 3, 1};
  PromptLookup lookup;
  tokens.push_back(2);
  CHECK(lookup.chance(tokens) > 0.0);
  CHECK(lookup.propose(tokens, 7) == (std::vector<Token>{3, 1, 2, 3, 1, 2, 3}));
}

void test_lookup_learns_from_what_came() {
  std::vector<Token> tokens;
  for (Token i = 0; i < 100; ++i) tokens.push_back(i);
  PromptLookup lookup;
  tokens.insert(tokens.end(), {0, 1});
  const double before = lookup.chance(tokens);
  for (Token i = 2; i < 60; ++i) {
    tokens.push_back(i);
    lookup.chance(tokens);
  }
  CHECK(lookup.chance(tokens) > 0.95);
  CHECK(lookup.chance(tokens) > before);
}

// Every size measured often, the last one 1.
StepCosts measured(double a_further_token, double a_change) {
  StepCosts costs;
  for (int i = 0; i < 50; ++i) {
    for (int n = 1; n <= 17; ++n) {
      costs.record(n, 1e-3 * (1 + a_further_token * (n - 1) + (i + n > 1 ? a_change : 0)));
      if (n == 1) costs.record(1, 1e-3);
    }
  }
  costs.record(1, 1e-3 * (1 + a_change));
  costs.record(1, 1e-3);
  return costs;
}

void test_the_best_length_follows_cost_and_chance() {
  const StepCosts cheap = measured(0.02, 0);
  CHECK_EQUAL(best_draft_length(cheap, {1, 1}, 0.99, 0.0, 16), 16);
  CHECK_EQUAL(best_draft_length(cheap, {1, 1}, 0.01, 0.0, 16), 0);
  const int some = best_draft_length(cheap, {1, 1}, 0.6, 0.0, 16);
  CHECK(some > 1 && some < 16);
  CHECK_EQUAL(best_draft_length(cheap, {1, 1}, 0.6, 2e-3, 16), 0);  // a draft model that is too slow
  CHECK_EQUAL(best_draft_length(measured(1, 0), {1, 1}, 0.99, 0.0, 16), 0);
  // Other sequences' tokens come anyway.
  CHECK(best_draft_length(cheap, {8, 8}, 0.6, 0.0, 8) <= some);
}

// A change of size costs as much as another token: one right guess does not pay for it, many do.
void test_changes_of_size_are_counted() {
  const StepCosts costs = measured(0.02, 0.5);
  CHECK_EQUAL(best_draft_length(costs, {1, 1}, 0.5, 0.0, 1), 0);
  CHECK(best_draft_length(costs, {1, 1}, 0.95, 0.0, 16) > 4);
}

void test_new_sizes_are_tried_in_small_strides() {
  StepCosts costs;
  costs.record(1, 1e-3);
  int n_most = 0;
  for (const int n_expected : {3, 9}) {
    n_most = best_draft_length(costs, {1, 1}, 0.99, 0.0, 16);
    CHECK_EQUAL(n_most, n_expected);
    costs.record(1 + n_most, 1.1e-3);
  }
}

void test_old_measurements_fade() {
  StepCosts costs;
  costs.record(1, 1e-3);
  for (int i = 0; i < 20; ++i) costs.record(4, 8e-3);
  CHECK(costs.seconds(4, 4) > 6e-3);
  for (int i = 0; i < 20000; ++i) costs.record(1, 1e-3);
  CHECK(costs.seconds(4, 4) < 2e-3);
}

}  // namespace

int main() {
  test_guesses_that_are_never_right_are_not_made();
  test_lookup_finds_the_longest_past();
  test_lookup_continues_a_repetition();
  test_lookup_learns_from_what_came();
  test_the_best_length_follows_cost_and_chance();
  test_changes_of_size_are_counted();
  test_new_sizes_are_tried_in_small_strides();
  test_old_measurements_fade();
  return electron_local_test::n_failures;
}
