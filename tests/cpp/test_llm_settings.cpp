// What options leave open is settled; what is out of range is refused.
#include "base/error.h"
#include "check.h"
#include "llm/settings.h"

using electron_local::EngineOptions;
using electron_local::InvalidArgument;
using electron_local::Settings;
using electron_local::settle;

namespace {

constexpr std::int64_t kSmall = 4 << 20;
constexpr std::int64_t kLarge = 400 << 20;

void test_a_small_model_gets_one_thread_and_flash_attention() {
  const Settings small = settle({}, 4096, kSmall, false);
  CHECK_EQUAL(small.n_threads, 1);
  CHECK(small.flash_attention);
  const Settings large = settle({}, 4096, kLarge, false);
  CHECK(!large.flash_attention);
  CHECK(settle({}, 4096, kLarge, true).flash_attention);
  CHECK_EQUAL(large.n_cached, 1);
  CHECK_EQUAL(small.n_cached, 1);
  CHECK_EQUAL(large.adaptive_threads, large.n_threads_batch > 1);
}

void test_the_context_has_a_limit_and_the_cache_holds_one() {
  CHECK_EQUAL(settle({}, 131072, kLarge, false).n_ctx, 32768);
  CHECK_EQUAL(settle({}, 2048, kLarge, false).n_cells, 2048);
}

void test_choices_are_kept() {
  EngineOptions options;
  options.n_threads = 3;
  options.flash_attention = false;
  options.n_cached = 5;
  const Settings settings = settle(options, 4096, kSmall, false);
  CHECK_EQUAL(settings.n_threads, 3);
  CHECK(!settings.adaptive_threads);
  CHECK_EQUAL(settings.n_cached, 5);
  CHECK(!settings.flash_attention);
}

void test_a_measured_limit_of_threads_holds() {
  EngineOptions options;
  options.n_threads_limit = 1;
  CHECK_EQUAL(settle(options, 4096, kLarge, false).n_threads, 1);
  options.n_threads = 2;
  CHECK_EQUAL(settle(options, 4096, kLarge, false).n_threads, 2);
}

void test_quantised_keys_and_values_bring_flash_attention() {
  EngineOptions options;
  options.quantised_kv = true;
  CHECK(settle(options, 4096, kLarge, false).flash_attention);
  options.flash_attention = false;
  CHECK_THROWS(settle(options, 4096, kLarge, false), InvalidArgument);
}

void test_bad_options_are_refused() {
  EngineOptions options;
  options.n_ctx = 4097;
  CHECK_THROWS(settle(options, 4096, kSmall, false), InvalidArgument);
  options.n_ctx = 0;
  options.cache_tokens = 100;
  CHECK_THROWS(settle(options, 4096, kSmall, false), InvalidArgument);
  options.cache_tokens = 0;
  options.n_parallel = 0;
  CHECK_THROWS(settle(options, 4096, kSmall, false), InvalidArgument);
  options.n_parallel = 200;
  options.n_cached = 100;
  CHECK_THROWS(settle(options, 4096, kSmall, false), InvalidArgument);
}

}  // namespace

int main() {
  test_a_small_model_gets_one_thread_and_flash_attention();
  test_the_context_has_a_limit_and_the_cache_holds_one();
  test_choices_are_kept();
  test_a_measured_limit_of_threads_holds();
  test_quantised_keys_and_values_bring_flash_attention();
  test_bad_options_are_refused();
  return electron_local_test::n_failures;
}
