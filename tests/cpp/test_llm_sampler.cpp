// Distributions of the sampler and its loops over the vocabulary, and the generation between two threads.
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include "base/error.h"
#include "check.h"
#include "llm/generation.h"
#include "llm/log_probabilities.h"
#include "llm/logit_kernels.h"
#include "llm/sampler.h"

using electron_local::argmax;
using electron_local::exp_weights;
using electron_local::FinishReason;
using electron_local::Generation;
using electron_local::index_at;
using electron_local::InvalidArgument;
using electron_local::log_probabilities;
using electron_local::Sampler;
using electron_local::SamplingParams;
using electron_local::Token;

namespace {

constexpr int kVocabulary = 4;
constexpr int kDraws = 20000;
// Probabilities 0.5, 0.25, 0.15, 0.1 at temperature 1.
const std::array<float, kVocabulary> kLogits = {std::log(0.25f), std::log(0.5f), std::log(0.1f),
                                                std::log(0.15f)};

std::array<double, kVocabulary> shares(const SamplingParams& params) {
  std::array<double, kVocabulary> out{};
  Sampler sampler(params, kVocabulary);
  for (int i = 0; i < kDraws; ++i)
    out[static_cast<std::size_t>(sampler.pick(kLogits.data()))] += 1.0 / kDraws;
  return out;
}

bool near(double a, double b) { return std::fabs(a - b) < 0.015; }

void test_temperature_one_draws_the_distribution() {
  SamplingParams params;
  params.seed = 1;
  const auto got = shares(params);
  CHECK(near(got[0], 0.25) && near(got[1], 0.5) && near(got[2], 0.1) && near(got[3], 0.15));
}

void test_top_k_and_top_p_renormalise() {
  SamplingParams params;
  params.seed = 2;
  params.top_k = 2;
  auto got = shares(params);
  CHECK(near(got[0], 1.0 / 3) && near(got[1], 2.0 / 3) && got[2] == 0 && got[3] == 0);
  params.top_k = 0;
  params.top_p = 0.8f;  // 0.5 + 0.25 falls short: the third is kept
  got = shares(params);
  CHECK(near(got[1], 0.5 / 0.9) && near(got[3], 0.15 / 0.9) && got[2] == 0);
  params.top_k = 3;
  params.top_p = 0.5f;  // of the three best: 0.5 / 0.9 reaches it alone
  CHECK(near(shares(params)[1], 1.0));
}

void test_min_p_drops_the_unlikely() {
  SamplingParams params;
  params.seed = 3;
  params.min_p = 0.4f;
  const auto got = shares(params);
  CHECK(got[2] == 0 && got[3] == 0 && near(got[0], 1.0 / 3));
}

void test_temperature_zero_is_greedy() {
  SamplingParams params;
  params.temperature = 0;
  CHECK(shares(params)[1] > 0.999);
}

void test_a_mask_leaves_the_others_in_proportion() {
  SamplingParams params;
  params.seed = 4;
  const std::uint32_t mask = 0b1101;
  std::array<double, kVocabulary> got{};
  Sampler sampler(params, kVocabulary);
  for (int i = 0; i < kDraws; ++i) {
    got[static_cast<std::size_t>(sampler.pick(kLogits.data(), &mask))] += 1.0 / kDraws;
  }
  CHECK(near(got[0], 0.5) && got[1] == 0 && near(got[2], 0.2) && near(got[3], 0.3));
  params.temperature = 0;
  CHECK_EQUAL(Sampler(params, kVocabulary).pick(kLogits.data(), &mask), 0);
}

void test_penalties_count_generated_tokens() {
  SamplingParams params;
  params.temperature = 0;
  params.presence_penalty = 2.0f;
  Sampler sampler(params, kVocabulary);
  CHECK_EQUAL(sampler.pick(kLogits.data()), 1);
  sampler.accept(1);
  CHECK_EQUAL(sampler.pick(kLogits.data()), 0);
}

std::vector<float> random_logits(std::mt19937& random, int n) {
  std::normal_distribution<float> draw(0.0f, 4.0f);
  std::vector<float> out(static_cast<std::size_t>(n));
  for (float& logit : out) logit = draw(random);
  return out;
}

void test_the_greatest_is_found_at_any_place() {
  std::mt19937 random(1);
  for (const int n : {1, 2, 15, 16, 17, 63, 64, 65, 130, 1000}) {
    for (int i = 0; i < n; ++i) {
      std::vector<float> logits = random_logits(random, n);
      logits[static_cast<std::size_t>(i)] = 100.0f;
      CHECK_EQUAL(argmax(logits.data(), n), i);
      logits.back() = 100.0f;  // of equal ones the first
      CHECK_EQUAL(argmax(logits.data(), n), i);
    }
  }
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> with_nan = {nan, -1.0f, nan, 2.0f, nan};
  CHECK_EQUAL(argmax(with_nan.data(), 5), 3);
  CHECK_EQUAL(argmax(std::vector<float>(40, nan).data(), 40), 0);
}

void test_weights_are_exponentials() {
  std::mt19937 random(2);
  std::vector<float> weights;
  std::vector<double> sums;
  for (const float temperature : {0.01f, 0.7f, 1.0f, 5.0f, 1e-42f}) {
    std::vector<float> logits = random_logits(random, 200);
    logits[7] = -std::numeric_limits<float>::infinity();
    logits[8] = std::numeric_limits<float>::quiet_NaN();
    const float best = logits[static_cast<std::size_t>(argmax(logits.data(), 200))];
    const double total = exp_weights(logits.data(), 200, best, temperature, weights, sums);
    double expected_total = 0.0;
    for (std::size_t i = 0; i < 200; ++i) {
      const double expected =
          i == 7 || i == 8 ? 0.0 : std::exp((static_cast<double>(logits[i]) - best) / temperature);
      CHECK(std::fabs(weights[i] - expected) <= 2e-5 * expected + 1e-37);
      expected_total += expected;
    }
    CHECK(std::fabs(total - expected_total) < 1e-5 * expected_total);
    CHECK_EQUAL(sums.size(), 4u);
  }
}

void test_a_share_of_the_sum_finds_its_place() {
  std::mt19937 random(3);
  const std::vector<float> logits = random_logits(random, 150);
  std::vector<float> weights;
  std::vector<double> sums;
  const float best = logits[static_cast<std::size_t>(argmax(logits.data(), 150))];
  const double total = exp_weights(logits.data(), 150, best, 1.0f, weights, sums);
  double before = 0.0;
  for (int i = 0; i < 150; ++i) {
    const double weight = weights[static_cast<std::size_t>(i)];
    if (weight > 1e-4 * total) CHECK_EQUAL(index_at(before + weight / 2, weights, sums), i);
    before += weight;
  }
}

// What stays after top-k, top-p and min-p, by sorting everything.
std::set<Token> kept(const std::vector<float>& logits, const SamplingParams& params) {
  std::vector<Token> order(logits.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](Token a, Token b) { return logits[a] > logits[b]; });
  const auto weight = [&](Token t) { return std::exp((logits[t] - logits[order[0]]) / params.temperature); };
  if (params.top_k > 0) order.resize(static_cast<std::size_t>(params.top_k));
  double mass = 0.0;
  for (Token t = 0; t < static_cast<Token>(logits.size()); ++t) {
    const bool counts = params.top_k == 0 || std::find(order.begin(), order.end(), t) != order.end();
    if (counts && (params.top_k == 0 || weight(t) >= params.min_p)) mass += weight(t);
  }
  std::set<Token> out;
  double sum = 0.0;
  for (const Token t : order) {
    if (!out.empty() && (weight(t) < params.min_p || sum >= params.top_p * mass)) break;
    out.insert(t);
    sum += weight(t);
  }
  return out;
}

void test_cuts_keep_what_sorting_keeps() {
  std::mt19937 random(4);
  for (int round = 0; round < 60; ++round) {
    const std::vector<float> logits = random_logits(random, 300);
    SamplingParams params;
    params.seed = round;
    params.temperature = 0.5f + static_cast<float>(round % 5);
    params.top_k = round % 3 == 0 ? 0 : 1 + static_cast<int>(random() % 60);
    params.top_p = round % 2 == 0 ? 0.8f : 1.0f;
    params.min_p = round % 4 == 1 ? 0.02f : 0.0f;
    const std::set<Token> expected = kept(logits, params);
    Sampler sampler(params, 300);
    std::set<Token> got;
    for (int i = 0; i < 400; ++i) got.insert(sampler.pick(logits.data()));
    CHECK(std::includes(expected.begin(), expected.end(), got.begin(), got.end()));
    const float best = logits[static_cast<std::size_t>(argmax(logits.data(), 300))];
    for (const Token token : expected) {  // the likely ones all come
      if (logits[token] > best - 2.0f * params.temperature && expected.size() < 20)
        CHECK(got.count(token) == 1);
    }
  }
}

void test_top_log_probabilities_are_the_greatest() {
  std::mt19937 random(5);
  std::vector<float> logits = random_logits(random, 100);
  logits[3] = logits[60] = 50.0f;
  const auto out = log_probabilities(logits.data(), 100, 9, 5);
  CHECK_EQUAL(out.top.size(), 5u);
  CHECK_EQUAL(out.top[0].first, 3);
  CHECK_EQUAL(out.top[1].first, 60);
  CHECK(std::fabs(out.top[0].second - std::log(0.5f)) < 1e-5);
  CHECK(std::fabs(out.logprob - (logits[9] - 50.0f - std::log(2.0f))) < 1e-4);
  for (std::size_t i = 1; i < out.top.size(); ++i) CHECK(out.top[i - 1].second >= out.top[i].second);
}

void test_values_out_of_range_throw() {
  SamplingParams params;
  params.temperature = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS(Sampler(params, kVocabulary), InvalidArgument);
  params.temperature = 1;
  params.logit_bias = {{kVocabulary, 1.0f}};
  CHECK_THROWS(Sampler(params, kVocabulary), InvalidArgument);
}

void test_generation_hands_events_over() {
  constexpr int kEvents = 1000;
  Generation generation(kEvents);
  std::thread writer([&] {
    for (Token token = 0; token < kEvents; ++token) {
      generation.push({"x", token});
      generation.hand_over(/*is_urgent=*/token % 100 == 0);
    }
    generation.finish(FinishReason::kStop, {1, 0, kEvents});
  });
  int n_seen = 0;
  while (!generation.done()) {
    for (const auto& event : generation.next(std::chrono::milliseconds(50)))
      CHECK_EQUAL(event.token, n_seen++);
  }
  writer.join();
  CHECK_EQUAL(n_seen, kEvents);
  CHECK_EQUAL(generation.usage().completion_tokens, kEvents);
}

void test_generation_rethrows_a_failure_after_the_last_event() {
  Generation generation(4);
  generation.push({"x", 1});
  generation.fail(std::make_exception_ptr(InvalidArgument("bad")));
  CHECK_EQUAL(generation.next(std::chrono::milliseconds(0)).size(), 1u);
  CHECK_THROWS(generation.next(std::chrono::milliseconds(0)), InvalidArgument);
}

}  // namespace

int main() {
  test_temperature_one_draws_the_distribution();
  test_top_k_and_top_p_renormalise();
  test_min_p_drops_the_unlikely();
  test_temperature_zero_is_greedy();
  test_a_mask_leaves_the_others_in_proportion();
  test_penalties_count_generated_tokens();
  test_the_greatest_is_found_at_any_place();
  test_weights_are_exponentials();
  test_a_share_of_the_sum_finds_its_place();
  test_cuts_keep_what_sorting_keeps();
  test_top_log_probabilities_are_the_greatest();
  test_values_out_of_range_throw();
  test_generation_hands_events_over();
  test_generation_rethrows_a_failure_after_the_last_event();
  return electron_local_test::n_failures;
}
