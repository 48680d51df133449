// Requests that ask, in the decode loop: each must get the token that its questions' answers choose, whatever
// else runs, and all must end.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include "base/error.h"
#include "check.h"
#include "fake_decoder.h"
#include "llm/alternatives.h"

using namespace electron_local_test;

namespace {

std::vector<Token> random_tokens(std::mt19937& random, std::size_t n) {
  std::vector<Token> tokens;
  while (tokens.size() < n) tokens.push_back(static_cast<Token>(1 + random() % (kVocabulary - 1)));
  return tokens;
}

float log_odds(const std::vector<Token>& question, Token asked) {
  const std::vector<float> logits = FakeModel().logits(question, question.size());
  double total = 0.0;
  for (const float logit : logits) total += std::exp(static_cast<double>(logit));
  const double p = std::exp(static_cast<double>(logits[static_cast<std::size_t>(asked)])) / total;
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
  spec.asked = random_tokens(random, 1).front();
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
    logits[static_cast<std::size_t>(way.tokens[1])] += 100 + spec.weight * log_odds(way.question, spec.asked);
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
        job->alternatives.emplace_back(spec);
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

void test_requests_that_ask_at_their_start_get_the_chosen_tokens(int n_parallel) {
  Settings settings;
  settings.n_parallel = n_parallel;
  Rig rig(200, 4000, 32, settings, /*has_end=*/false);
  std::mt19937 random(11);
  std::vector<std::pair<std::shared_ptr<Generation>, std::vector<Token>>> sent;
  for (int i = 0; i < 40; ++i) {
    const std::vector<Token> prompt = random_tokens(random, 1 + random() % 60);
    AlternativesSpec spec = random_ways(random, prompt);
    spec.at_start = true;
    spec.is_no = random() % 2 == 0;
    for (AlternativesSpec::Way& way : spec.ways) way.tokens.erase(way.tokens.begin());
    spec.ways.push_back({expected_reply(prompt, 1, {}, false), {}});  // else there is nothing to ask about
    std::vector<float> logits = FakeModel().logits(prompt, prompt.size());
    for (const AlternativesSpec::Way& way : spec.ways) {
      logits[static_cast<std::size_t>(way.tokens[0])] += 100;
      if (way.question.empty()) continue;
      const float odds = log_odds(way.question, spec.asked) * (spec.is_no ? -1.0f : 1.0f);
      logits[static_cast<std::size_t>(way.tokens[0])] += spec.weight * odds;
    }
    std::vector<Token> expected = {
        static_cast<Token>(std::max_element(logits.begin(), logits.end()) - logits.begin())};
    std::vector<Token> so_far = prompt;
    so_far.push_back(expected.front());
    for (const Token token : expected_reply(so_far, 9, {}, false)) expected.push_back(token);
    const bool has_own = std::any_of(spec.ways.begin(), spec.ways.end() - 1,
                                     [&](const auto& way) { return way.tokens == spec.ways.back().tokens; });
    if (has_own) continue;  // two ways of one token: which odds count is not this test's matter
    auto job = make_job(prompt, 10);
    job->alternatives.emplace_back(spec);
    sent.emplace_back(rig.submit(std::move(job)), expected);
  }
  CHECK(sent.size() > 20u);
  for (auto& [generation, expected] : sent) CHECK(read(*generation) == expected);
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
    job->alternatives.emplace_back(spec);
    return job;
  };
  auto cancelled = rig->submit(ask_long());
  while (cancelled->next(std::chrono::milliseconds(100)).empty()) continue;  // its first token: now it asks
  cancelled->cancel();
  read(*cancelled);
  CHECK(cancelled->finish_reason() == FinishReason::kCancelled);

  const std::uint64_t n_before = rig->decoder().n_evaluated();
  read(*rig->submit({9, 9}, 1));  // does not wait for the questions of the one before
  CHECK(rig->decoder().n_evaluated() < n_before + 4000);

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
  for (const bool use_prefix_cache : {true, false}) {
    for (const int n_parallel : {1, 2, 6}) {
      test_asking_requests_get_the_chosen_tokens(n_parallel, 4000, use_prefix_cache);
      test_asking_requests_get_the_chosen_tokens(n_parallel, 260, use_prefix_cache);
    }
  }
  for (const int n_parallel : {1, 4}) test_requests_that_ask_at_their_start_get_the_chosen_tokens(n_parallel);
  test_asking_requests_can_be_left();
  return electron_local_test::n_failures;
}
