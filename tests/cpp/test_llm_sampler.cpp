// Distributions of the sampler, and the generation between two threads.
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <thread>
#include <vector>

#include "base/error.h"
#include "check.h"
#include "llm/generation.h"
#include "llm/sampler.h"

using electron_local::FinishReason;
using electron_local::Generation;
using electron_local::InvalidArgument;
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
    for (Token token = 0; token < kEvents; ++token) generation.push({"x", token});
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
  test_values_out_of_range_throw();
  test_generation_hands_events_over();
  test_generation_rethrows_a_failure_after_the_last_event();
  return electron_local_test::n_failures;
}
