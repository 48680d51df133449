// The decode loop over a fake decoder whose next token is a function of all tokens before it: whatever is
// batched, cached, cancelled or put back, every request must get exactly the tokens that it would get alone.
#include <algorithm>
#include <chrono>
#include <memory>
#include <new>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "check.h"
#include "fake_decoder.h"

using namespace electron_local_test;

namespace {

std::vector<Token> random_prompt(std::mt19937& random, const std::vector<std::vector<Token>>& prefixes) {
  std::vector<Token> prompt = prefixes[random() % prefixes.size()];
  prompt.resize(1 + random() % prompt.size());
  const std::size_t n_own = 1 + random() % 40;
  for (std::size_t i = 0; i < n_own; ++i)
    prompt.push_back(static_cast<Token>(1 + random() % (kVocabulary - 1)));
  return prompt;
}

std::vector<std::vector<Token>> random_prefixes(std::mt19937& random) {
  std::vector<std::vector<Token>> prefixes(4);
  for (auto& prefix : prefixes) {
    for (int i = 0; i < 80; ++i) prefix.push_back(static_cast<Token>(1 + random() % (kVocabulary - 1)));
  }
  return prefixes;
}

// `n_cells` below what all requests need makes them give way to each other.
void test_random_requests_get_their_own_tokens(bool use_prefix_cache, int n_cells, unsigned seed) {
  Settings settings;
  settings.n_parallel = 4;
  settings.n_cached = 3;
  settings.host_bytes = 2000;
  settings.use_prefix_cache = use_prefix_cache;
  Rig rig(200, n_cells, 32, settings);
  std::mt19937 random(seed);
  const auto prefixes = random_prefixes(random);
  for (int round = 0; round < 30; ++round) {
    std::vector<std::pair<std::shared_ptr<Generation>, std::vector<Token>>> sent;
    for (int i = 0; i < 8; ++i) {
      const std::vector<Token> prompt = random_prompt(random, prefixes);
      const int n_most = 1 + static_cast<int>(random() % 30);
      sent.emplace_back(rig.submit(prompt, n_most, static_cast<int>(random() % 2)),
                        expected_reply(prompt, n_most));
      if (random() % 5 == 0) sent.back().first->cancel();
    }
    for (auto& [generation, expected] : sent) {
      const std::vector<Token> got = read(*generation);
      if (generation->finish_reason() == FinishReason::kCancelled) {
        CHECK(got.size() <= expected.size());
        CHECK(std::equal(got.begin(), got.end(), expected.begin()));
      } else {
        CHECK(got == expected);
      }
      const Usage usage = generation->usage();
      CHECK(usage.cached_tokens < std::max(usage.prompt_tokens, 1));
    }
  }
}

void test_a_shared_prefix_is_evaluated_once(int n_prefix) {
  Settings settings;
  settings.n_parallel = 8;
  Rig rig(2000, 4000, 128, settings);
  std::mt19937 random(1);
  std::vector<Token> prefix;
  for (int i = 0; i < n_prefix; ++i) prefix.push_back(static_cast<Token>(1 + random() % (kVocabulary - 1)));
  std::vector<std::shared_ptr<Generation>> sent;
  for (Token i = 1; i <= 8; ++i) {
    std::vector<Token> prompt = prefix;
    prompt.push_back(i);
    sent.push_back(rig.submit(prompt, 1));
  }
  for (auto& generation : sent) read(*generation);
  CHECK_EQUAL(rig.stats().evaluated_tokens, static_cast<std::uint64_t>(n_prefix) + 8u);
}

void test_cancelled_requests_leave_the_queue_while_others_run() {
  Settings settings;
  settings.n_parallel = 1;
  Rig rig(100000, 100000, 32, settings, /*has_end=*/false);
  auto running = rig.submit({1}, 90000);
  auto waiting = rig.submit({2}, 10);
  waiting->cancel();
  CHECK(read(*waiting).empty());
  CHECK(waiting->finish_reason() == FinishReason::kCancelled);
  running->cancel();
  read(*running);
}

// Memory runs out while a finished request moves another to host memory: what runs is told, the loop goes on.
void test_a_failing_cache_ends_requests_and_not_the_process() {
  Settings settings;
  settings.n_parallel = 2;
  settings.n_cached = 1;
  settings.host_bytes = 1 << 20;
  Rig rig(100000, 100000, 64, settings, /*has_end=*/false);
  rig.decoder().save_throws = true;
  auto running = rig.submit({50, 1, 2, 3}, 90000);
  for (Token i = 1; i <= 3; ++i) {
    auto other = rig.submit({i, 1, 2, 3, 4, 5, 6, 7}, 2);
    while (!other->done()) {
      try {
        other->next(std::chrono::milliseconds(50));
      } catch (const std::exception&) {
        break;  // it ran, or was about to start
      }
    }
  }
  const auto end_of_running = [&] {
    while (!running->done()) running->next(std::chrono::milliseconds(50));
    running->next(std::chrono::milliseconds(0));
  };
  CHECK_THROWS(end_of_running(), std::bad_alloc);
  rig.decoder().save_throws = false;
  CHECK_EQUAL(read(*rig.submit({9, 9}, 3)).size(), 3u);
}

void test_a_cache_that_fails_between_requests_harms_none() {
  Settings settings;
  settings.n_cached = 1;
  settings.host_bytes = 1 << 20;
  Rig rig(64, 64, 64, settings, /*has_end=*/false);
  rig.decoder().save_throws = true;
  for (Token i = 1; i <= 4; ++i) {
    CHECK_EQUAL(read(*rig.submit({i}, 21)).size(), 21u);  // too short a prompt to save anything before
    while (rig.stats().cache.leaves_live > 1) std::this_thread::yield();
  }
}

void test_closing_ends_everything() {
  Settings settings;
  settings.n_parallel = 2;
  auto rig = std::make_unique<Rig>(100000, 100000, 32, settings, /*has_end=*/false);
  std::vector<std::shared_ptr<Generation>> sent;
  for (Token i = 1; i < 10; ++i) sent.push_back(rig->submit({i, 5, 9}, 50000));
  rig.reset();
  for (auto& generation : sent) {
    read(*generation);
    CHECK(generation->finish_reason() == FinishReason::kCancelled);
  }
}

}  // namespace

int main() {
  for (const unsigned seed : {1u, 2u, 3u}) {
    test_random_requests_get_their_own_tokens(true, 4000, seed);
    test_random_requests_get_their_own_tokens(true, 260, seed);
    test_random_requests_get_their_own_tokens(false, 4000, seed);
    test_random_requests_get_their_own_tokens(false, 260, seed);
  }
  // Also where the border of a batch of 128 falls just before its end.
  for (const int n_prefix : {1000, 7 * 128 + 1, 7 * 128 + 31})
    test_a_shared_prefix_is_evaluated_once(n_prefix);
  test_cancelled_requests_leave_the_queue_while_others_run();
  test_a_failing_cache_ends_requests_and_not_the_process();
  test_a_cache_that_fails_between_requests_harms_none();
  test_closing_ends_everything();
  return electron_local_test::n_failures;
}
