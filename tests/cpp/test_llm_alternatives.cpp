// Ways in which an answer may go on: who is asked, when, and what the answers change; then in the decode
// loop, where a request that asks must get the token that its questions' answers choose, whatever else runs.
#include <algorithm>
#include <cmath>
#include <memory>
#include <random>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "base/error.h"
#include "check.h"
#include "fake_decoder.h"
#include "llm/alternatives.h"

using namespace electron_local_test;

namespace {

constexpr float kLogit = 5.0f;

AlternativesSpec three_ways() {
  AlternativesSpec spec;
  spec.ways = {{{1, 2, 3, 4}, {10}}, {{1, 2, 5}, {11}}, {{1, 6}, {12}}};
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
  TokenEvent event{"", 0, TokenLogprobs{std::log(probability), {}}};
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
  CHECK(alternatives.weigh(clear.data()).empty());  // no way has begun
  accept_all(alternatives, {7, 1});
  CHECK(alternatives.weigh(clear.data()).empty());
  CHECK(!alternatives.is_asking());
}

void test_in_doubt_the_answers_are_added_to_the_ways() {
  Alternatives alternatives(three_ways());
  accept_all(alternatives, {7, 1});
  const std::vector<float> even = logits_with({{2, kLogit}, {6, kLogit}});
  CHECK(alternatives.weigh(even.data()).empty());
  CHECK(alternatives.is_asking());
  CHECK_EQUAL(alternatives.unasked().size(), 3u);
  alternatives.expect(0, answer(0.2f));
  alternatives.expect(1, answer(0.9f));
  auto last = std::make_shared<Generation>(2);
  alternatives.expect(2, last);
  CHECK(!alternatives.has_answers());
  last->push({"", 0, TokenLogprobs{std::log(0.5f), {}}});
  last->finish(FinishReason::kLength, {});
  CHECK(alternatives.has_answers());
  const LogitBias bias = alternatives.weigh(even.data());
  CHECK(!alternatives.is_asking());
  CHECK(std::abs(added_to(bias, 2) - 2 * std::log(9.0f)) <
        1e-3f);  // the better of the two that go on with it
  CHECK(std::abs(added_to(bias, 6)) < 1e-3f);
  // The next fork is decided by the same answers.
  alternatives.accept(2);
  const LogitBias next = alternatives.weigh(logits_with({{3, kLogit}}).data());
  CHECK(added_to(next, 5) > added_to(next, 3));
  alternatives.accept(5);
  CHECK(alternatives.weigh(even.data()).empty());
}

void test_only_open_ways_are_asked_about() {
  Alternatives alternatives(three_ways());
  accept_all(alternatives, {1, 2});
  alternatives.weigh(logits_with({}).data());
  CHECK(alternatives.is_asking());
  CHECK_EQUAL(alternatives.unasked().size(), 2u);
}

void test_a_failed_question_changes_nothing() {
  Alternatives alternatives(three_ways());
  alternatives.accept(1);
  const std::vector<float> even = logits_with({});
  alternatives.weigh(even.data());
  alternatives.expect(0, answer(0.2f));
  alternatives.expect(1, failed_answer());
  alternatives.expect(2, answer(0.9f));
  CHECK(alternatives.has_answers());
  CHECK(alternatives.weigh(even.data()).empty());
  CHECK(!alternatives.is_asking());
}

void test_a_trusted_way_stays_where_it_is_the_likeliest() {
  AlternativesSpec spec = three_ways();
  spec.ways[2].is_trusted = true;
  Alternatives alternatives(spec);
  alternatives.accept(1);
  alternatives.weigh(logits_with({{6, 0.1f}}).data());
  CHECK(!alternatives.is_asking());
  alternatives.weigh(logits_with({{2, 0.1f}}).data());
  CHECK(alternatives.is_asking());
}

void test_the_first_place_counts() {
  Alternatives alternatives(three_ways());
  accept_all(alternatives, {1, 6, 1});
  alternatives.weigh(logits_with({}).data());
  CHECK(!alternatives.is_asking());
}

void test_a_way_that_another_goes_on_from_is_not_told_apart() {
  AlternativesSpec spec;
  spec.ways = {{{1, 2}, {10}}, {{1, 2, 3}, {11}}};
  Alternatives alternatives(spec);
  accept_all(alternatives, {1, 2});
  CHECK(alternatives.weigh(logits_with({}).data()).empty());
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
  CHECK(none.weigh(logits_with({}).data()).empty());
}

// --- in the decode loop ---

std::vector<Token> random_tokens(std::mt19937& random, std::size_t n) {
  std::vector<Token> tokens;
  while (tokens.size() < n) tokens.push_back(static_cast<Token>(1 + random() % (kVocabulary - 1)));
  return tokens;
}

float log_odds(const std::vector<Token>& question, Token yes) {
  const std::vector<float> logits = FakeModel().logits(question, question.size());
  double total = 0.0;
  for (const float logit : logits) total += std::exp(static_cast<double>(logit));
  const double p = std::exp(static_cast<double>(logits[static_cast<std::size_t>(yes)])) / total;
  return static_cast<float>(std::log(p / (1 - p)));
}

// Several ways from the first token that the model gives on `prompt` by itself.
AlternativesSpec random_ways(std::mt19937& random, const std::vector<Token>& prompt) {
  AlternativesSpec spec;
  const Token first = expected_reply(prompt, 1, {}, false).front();
  const std::vector<Token> shared = random_tokens(random, 30);
  std::set<Token> seconds;
  while (seconds.size() < 2 + random() % 4) seconds.insert(random_tokens(random, 1).front());
  for (const Token second : seconds) {
    std::vector<Token> question = shared;
    for (const Token token : random_tokens(random, 1 + random() % 30)) question.push_back(token);
    spec.ways.push_back({{first, second}, question});
  }
  spec.yes = random_tokens(random, 1).front();
  spec.doubt = 2.0f;  // always
  spec.weight = 4.0f;
  return spec;
}

std::vector<Token> chosen_reply(std::vector<Token> tokens, int n_most, const AlternativesSpec& spec) {
  std::vector<Token> reply = expected_reply(tokens, 1, {}, false);
  if (n_most < 2) return reply;
  tokens.push_back(reply.front());
  std::vector<float> logits = FakeModel().logits(tokens, tokens.size());
  for (const AlternativesSpec::Way& way : spec.ways) {
    logits[static_cast<std::size_t>(way.tokens[1])] += spec.weight * log_odds(way.question, spec.yes);
  }
  reply.push_back(static_cast<Token>(std::max_element(logits.begin(), logits.end()) - logits.begin()));
  tokens.push_back(reply.back());
  for (const Token token : expected_reply(tokens, n_most - 2, {}, false)) reply.push_back(token);
  return reply;
}

void test_asking_requests_get_the_chosen_tokens(int n_parallel, int n_cells, bool use_prefix_cache) {
  Settings settings;
  settings.n_parallel = n_parallel;
  settings.n_cached = 2;
  settings.host_bytes = 2000;
  settings.use_prefix_cache = use_prefix_cache;
  Rig rig(200, n_cells, 32, settings, /*has_end=*/false);
  std::mt19937 random(7);
  std::uint64_t n_questions = 0;
  std::uint64_t n_requests = 0;
  for (int round = 0; round < 20; ++round) {
    std::vector<std::pair<std::shared_ptr<Generation>, std::vector<Token>>> sent;
    for (int i = 0; i < 6; ++i) {
      const std::vector<Token> prompt = random_tokens(random, 1 + random() % 60);
      const int n_most = 1 + static_cast<int>(random() % 20);
      auto job = make_job(prompt, n_most);
      job->priority = static_cast<int>(random() % 2);
      if (random() % 3 == 0) {
        sent.emplace_back(rig.submit(std::move(job)), expected_reply(prompt, n_most, {}, false));
      } else {
        const AlternativesSpec spec = random_ways(random, prompt);
        job->alternatives = std::make_unique<Alternatives>(spec);
        sent.emplace_back(rig.submit(std::move(job)), chosen_reply(prompt, n_most, spec));
        if (n_most > 1) n_questions += spec.ways.size();
      }
      ++n_requests;
    }
    for (auto& [generation, expected] : sent) {
      CHECK(read(*generation) == expected);
      CHECK_EQUAL(generation->usage().completion_tokens, static_cast<int>(expected.size()));
    }
  }
  CHECK_EQUAL(rig.stats().questions, n_questions);
  CHECK_EQUAL(rig.stats().requests, n_requests);
}

void test_asking_requests_can_be_left() {
  Settings settings;
  settings.n_parallel = 2;
  auto rig = std::make_unique<Rig>(20000, 20000, 8, settings, /*has_end=*/false);
  std::mt19937 random(3);
  const auto ask_long = [&] {
    const std::vector<Token> prompt = random_tokens(random, 5);
    AlternativesSpec spec = random_ways(random, prompt);
    for (AlternativesSpec::Way& way : spec.ways) way.question = random_tokens(random, 4000);
    auto job = make_job(prompt, 10);
    job->alternatives = std::make_unique<Alternatives>(spec);
    return job;
  };
  auto cancelled = rig->submit(ask_long());
  while (cancelled->next(std::chrono::milliseconds(100)).empty()) continue;  // its first token: now it asks
  cancelled->cancel();
  read(*cancelled);
  CHECK(cancelled->finish_reason() == FinishReason::kCancelled);

  auto late = ask_long();
  late->deadline = Job::Clock::now() + std::chrono::milliseconds(1);
  const auto late_generation = rig->submit(std::move(late));
  CHECK_THROWS(read(*late_generation), DeadlineExceeded);

  std::vector<std::shared_ptr<Generation>> left;
  for (int i = 0; i < 5; ++i) left.push_back(rig->submit(ask_long()));
  rig.reset();  // closes it
  for (auto& generation : left) {
    read(*generation);
    CHECK(generation->finish_reason() == FinishReason::kCancelled);
  }
}

}  // namespace

int main() {
  test_a_clear_choice_is_not_asked_about();
  test_in_doubt_the_answers_are_added_to_the_ways();
  test_only_open_ways_are_asked_about();
  test_a_failed_question_changes_nothing();
  test_a_trusted_way_stays_where_it_is_the_likeliest();
  test_the_first_place_counts();
  test_a_way_that_another_goes_on_from_is_not_told_apart();
  test_ways_must_begin_alike();
  for (const bool use_prefix_cache : {true, false}) {
    for (const int n_parallel : {1, 2, 6}) {
      test_asking_requests_get_the_chosen_tokens(n_parallel, 4000, use_prefix_cache);
      test_asking_requests_get_the_chosen_tokens(n_parallel, 260, use_prefix_cache);
    }
  }
  test_asking_requests_can_be_left();
  return electron_local_test::n_failures;
}
