// Ways in which an answer may go on: who is asked, when, and what the answers change; then in the decode
// loop, where a request that asks must get the token that its questions' answers choose, whatever else runs.
#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include "base/error.h"
#include "check.h"
#include "fake_decoder.h"
#include "llm/alternatives.h"

using namespace electron_local_test;

namespace {

constexpr float kLogit = 5.0f;
constexpr Token kAsked = 30;

AlternativesSpec three_ways() {
  AlternativesSpec spec;
  spec.ways = {{{1, 2, 3, 4}, {10}}, {{1, 2, 5}, {11}}, {{1, 6}, {12}}};
  spec.asked = kAsked;
  spec.weight = 2.0f;
  return spec;
}

std::vector<float> logits_with(const std::vector<std::pair<Token, float>>& given) {
  std::vector<float> logits(kVocabulary, 0.0f);
  for (const auto& [token, logit] : given) logits[static_cast<std::size_t>(token)] = logit;
  return logits;
}

std::shared_ptr<Generation> answer(float probability) {
  auto generation = std::make_shared<Generation>(2);
  TokenEvent event{"", kAsked, TokenLogprobs{std::log(probability), {}}};
  generation->push(std::move(event));
  generation->finish(FinishReason::kLength, {});
  return generation;
}

std::shared_ptr<Generation> failed_answer() {
  auto generation = std::make_shared<Generation>(2);
  generation->fail(std::make_exception_ptr(DecodeError("broken")));
  return generation;
}

float added_to(const LogitBias& bias, Token token) {
  const auto found =
      std::find_if(bias.begin(), bias.end(), [&](const auto& each) { return each.first == token; });
  return found == bias.end() ? NAN : found->second;
}

void accept_all(Alternatives& alternatives, const std::vector<Token>& tokens) {
  for (const Token token : tokens) alternatives.accept(token);
}

void test_a_clear_choice_is_not_asked_about() {
  Alternatives alternatives(three_ways());
  const std::vector<float> clear = logits_with({{2, kLogit}});
  CHECK(alternatives.weigh(clear.data(), kVocabulary).empty());  // no way has begun
  accept_all(alternatives, {7, 1});
  CHECK(alternatives.weigh(clear.data(), kVocabulary).empty());
  CHECK(!alternatives.is_asking());
}

void test_in_doubt_the_answers_are_added_to_the_ways() {
  Alternatives alternatives(three_ways());
  accept_all(alternatives, {7, 1});
  const std::vector<float> even = logits_with({{2, kLogit}, {6, kLogit}});
  CHECK(alternatives.weigh(even.data(), kVocabulary).empty());
  CHECK(alternatives.is_asking());
  CHECK_EQUAL(alternatives.unasked().size(), 3u);
  alternatives.expect(0, answer(0.2f));
  alternatives.expect(1, answer(0.9f));
  auto last = std::make_shared<Generation>(2);
  alternatives.expect(2, last);
  CHECK(!alternatives.has_answers());
  last->push({"", kAsked, TokenLogprobs{std::log(0.5f), {}}});
  last->finish(FinishReason::kLength, {});
  CHECK(alternatives.has_answers());
  const LogitBias bias = alternatives.weigh(even.data(), kVocabulary);
  CHECK(!alternatives.is_asking());
  // The better of the two that go on with it; and the best way comes before what is none.
  CHECK(std::abs(added_to(bias, 2) - added_to(bias, 6) - 2 * std::log(9.0f)) < 1e-3f);
  CHECK(even[2] + added_to(bias, 2) > kLogit + 1);
  // The next fork is decided by the same answers.
  alternatives.accept(2);
  const LogitBias next = alternatives.weigh(logits_with({{3, kLogit}}).data(), kVocabulary);
  CHECK(added_to(next, 5) > added_to(next, 3));
  alternatives.accept(5);
  CHECK(alternatives.weigh(even.data(), kVocabulary).empty());
}

void test_ways_that_are_all_bad_are_still_the_ways() {
  Alternatives alternatives(three_ways());
  alternatives.accept(1);
  const std::vector<float> even = logits_with({{40, kLogit}});
  alternatives.weigh(even.data(), kVocabulary);
  for (std::size_t way = 0; way < 3; ++way) alternatives.expect(way, answer(way == 2 ? 1e-3f : 1e-9f));
  const LogitBias bias = alternatives.weigh(even.data(), kVocabulary);
  CHECK(added_to(bias, 6) > kLogit && added_to(bias, 6) > added_to(bias, 2));
}

void test_an_answer_to_something_else_is_none() {
  Alternatives alternatives(three_ways());
  alternatives.accept(1);
  const std::vector<float> even = logits_with({});
  alternatives.weigh(even.data(), kVocabulary);
  for (std::size_t way = 0; way < 3; ++way) {
    auto other = std::make_shared<Generation>(2);
    other->push({"", kAsked + 1, TokenLogprobs{-0.1f, {}}});
    other->finish(FinishReason::kLength, {});
    alternatives.expect(way, other);
  }
  CHECK(alternatives.weigh(even.data(), kVocabulary).empty());
}

void test_only_open_ways_are_asked_about() {
  Alternatives alternatives(three_ways());
  accept_all(alternatives, {1, 2});
  alternatives.weigh(logits_with({}).data(), kVocabulary);
  CHECK(alternatives.is_asking());
  CHECK_EQUAL(alternatives.unasked().size(), 2u);
}

void test_a_failed_question_changes_nothing() {
  Alternatives alternatives(three_ways());
  alternatives.accept(1);
  const std::vector<float> even = logits_with({});
  alternatives.weigh(even.data(), kVocabulary);
  alternatives.expect(0, answer(0.2f));
  alternatives.expect(1, failed_answer());
  alternatives.expect(2, answer(0.9f));
  CHECK(alternatives.has_answers());
  CHECK(alternatives.weigh(even.data(), kVocabulary).empty());
  CHECK(!alternatives.is_asking());
}

void test_a_trusted_way_stays_where_it_is_the_likeliest() {
  AlternativesSpec spec = three_ways();
  spec.ways[2].is_trusted = true;
  Alternatives alternatives(spec);
  alternatives.accept(1);
  alternatives.weigh(logits_with({{6, 0.1f}}).data(), kVocabulary);
  CHECK(!alternatives.is_asking());
  alternatives.weigh(logits_with({{2, 0.1f}}).data(), kVocabulary);
  CHECK(alternatives.is_asking());
}

void test_the_first_place_counts() {
  Alternatives alternatives(three_ways());
  accept_all(alternatives, {1, 6, 1});
  alternatives.weigh(logits_with({}).data(), kVocabulary);
  CHECK(!alternatives.is_asking());
}

void test_a_way_that_another_goes_on_from_is_not_told_apart() {
  AlternativesSpec spec;
  spec.ways = {{{1, 2}, {10}}, {{1, 2, 3}, {11}}};
  Alternatives alternatives(spec);
  accept_all(alternatives, {1, 2});
  CHECK(alternatives.weigh(logits_with({}).data(), kVocabulary).empty());
  CHECK(!alternatives.is_asking());
}

AlternativesSpec three_starts() {
  AlternativesSpec spec;
  spec.ways = {{{2, 3}, {10}}, {{5, 6}, {11}}, {{7, 8}, {}}};  // nothing is asked about the last
  spec.asked = kAsked;
  spec.at_start = true;
  spec.is_no = true;
  spec.least = 1.0f;
  return spec;
}

void test_ways_at_the_start_are_open_from_there() {
  Alternatives alternatives(three_starts());
  const std::vector<float> even = logits_with({{2, kLogit}, {7, kLogit}});
  CHECK(alternatives.weigh(even.data(), kVocabulary).empty());
  CHECK(alternatives.is_asking());
  CHECK(alternatives.unasked() == (std::vector<std::size_t>{0, 1}));
  alternatives.expect(0, answer(0.1f));
  alternatives.expect(1, answer(0.9f));
  const LogitBias bias = alternatives.weigh(even.data(), kVocabulary);
  CHECK(std::abs(added_to(bias, 2) - added_to(bias, 7) - std::log(9.0f)) < 1e-3f);  // `asked` says no
  CHECK(std::abs(added_to(bias, 7) - added_to(bias, 5) - std::log(9.0f)) < 1e-3f);
}

void test_an_answer_that_begins_otherwise_is_not_asked_about() {
  Alternatives alternatives(three_starts());
  alternatives.weigh(logits_with({{2, kLogit}, {7, kLogit}, {20, kLogit + 1}}).data(), kVocabulary);
  CHECK(!alternatives.is_asking());
  alternatives.accept(20);
  alternatives.weigh(logits_with({}).data(), kVocabulary);
  CHECK(!alternatives.is_asking());
}

void test_answers_that_are_not_sure_enough_change_nothing() {
  Alternatives alternatives(three_starts());
  const std::vector<float> even = logits_with({});
  alternatives.weigh(even.data(), kVocabulary);
  alternatives.expect(0, answer(0.3f));  // log-odds 0.85 against
  alternatives.expect(1, answer(0.9f));
  CHECK(alternatives.weigh(even.data(), kVocabulary).empty());
  CHECK(!alternatives.is_asking());
}

void test_ways_must_begin_alike() {
  AlternativesSpec spec = three_ways();
  spec.ways.push_back({{2, 3}, {13}});
  CHECK_THROWS(Alternatives{spec}, InvalidArgument);
  spec.ways.back().tokens.clear();
  CHECK_THROWS(Alternatives{spec}, InvalidArgument);
  Alternatives none{AlternativesSpec{}};
  none.accept(1);
  CHECK(none.weigh(logits_with({}).data(), kVocabulary).empty());
}

}  // namespace

int main() {
  test_a_clear_choice_is_not_asked_about();
  test_in_doubt_the_answers_are_added_to_the_ways();
  test_ways_that_are_all_bad_are_still_the_ways();
  test_an_answer_to_something_else_is_none();
  test_only_open_ways_are_asked_about();
  test_a_failed_question_changes_nothing();
  test_a_trusted_way_stays_where_it_is_the_likeliest();
  test_the_first_place_counts();
  test_a_way_that_another_goes_on_from_is_not_told_apart();
  test_ways_at_the_start_are_open_from_there();
  test_an_answer_that_begins_otherwise_is_not_asked_about();
  test_answers_that_are_not_sure_enough_change_nothing();
  test_ways_must_begin_alike();
  return electron_local_test::n_failures;
}
