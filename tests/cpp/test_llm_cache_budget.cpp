// What the cache takes when nobody says.
#include <chrono>
#include <string>

#include "base/error.h"
#include "check.h"
#include "llm/cache/cache_budget.h"
#include "llm/cache/copy_cost.h"

using namespace electron_local;  // the whole room is under test

namespace {

constexpr std::uint64_t kMiB = 1 << 20;

Settings settled(int n_ctx) {
  Settings settings;
  settings.n_ctx = settings.n_cells = n_ctx;
  settings.n_parallel = 8;
  settings.host_bytes = 7;
  return settings;
}

void test_small_cells_are_given_to_all_that_run() {
  const Settings out = fit_cache(settled(2048), {}, {8192 * kMiB, 100 * kMiB, 2048});
  CHECK_EQUAL(out.n_cells, 8 * 2048);
  CHECK_EQUAL(out.n_ctx, 2048);
  CHECK_EQUAL(out.host_bytes, std::size_t{1024 * kMiB});
}

void test_large_cells_are_given_to_one() {
  CHECK_EQUAL(fit_cache(settled(2048), {}, {8192 * kMiB, 500 * kMiB, 100 * 1024}).n_cells, 2048);
}

void test_a_context_nobody_asked_for_shrinks() {
  const MemoryFacts memory{1000 * kMiB, 500 * kMiB, 100 * 1024};
  const Settings out = fit_cache(settled(32768), {}, memory);
  CHECK_EQUAL(out.n_ctx, 2560);  // half of 500 MiB
  CHECK_EQUAL(out.n_cells, 2560);
  CHECK_EQUAL(out.host_bytes, std::size_t{125 * kMiB});
  CHECK_EQUAL(fit_cache(settled(32768), {}, {400 * kMiB, 500 * kMiB, 100 * 1024}).n_ctx, 512);
}

void test_a_context_that_was_asked_for_is_had_or_refused() {
  EngineOptions options;
  options.n_ctx = 4096;
  CHECK_EQUAL(fit_cache(settled(4096), options, {1000 * kMiB, 500 * kMiB, 100 * 1024}).n_cells, 4096);
  CHECK_THROWS(fit_cache(settled(4096), options, {800 * kMiB, 500 * kMiB, 100 * 1024}), ModelLoadError);
}

void test_what_is_given_stays() {
  EngineOptions options;
  options.cache_tokens = 5000;
  options.host_bytes = 7;
  Settings settings = settled(2048);
  settings.n_cells = 5000;
  const Settings out = fit_cache(settings, options, {1 * kMiB, 500 * kMiB, 100 * 1024});
  CHECK_EQUAL(out.n_cells, 5000);
  CHECK_EQUAL(out.host_bytes, std::size_t{7});
}

void test_unknown_memory_changes_nothing_but_the_modest_part() {
  const Settings out = fit_cache(settled(2048), {}, {std::nullopt, 500 * kMiB, 100 * 1024});
  CHECK_EQUAL(out.n_cells, 2048);
  CHECK_EQUAL(out.host_bytes, std::size_t{256 * kMiB});
}

void test_scores_count_without_flash_attention() {
  Settings settings = settled(2048);
  settings.n_batch = 512;
  settings.flash_attention = true;
  CHECK_EQUAL(bytes_per_cell(1000, 9, settings), std::uint64_t{1000 + 1024});
  settings.flash_attention = false;
  CHECK_EQUAL(bytes_per_cell(1000, 9, settings), std::uint64_t{1000 + 2048 + 9 * 2048});
}

void test_the_price_of_a_copy_is_learnt() {
  CopyCost cost;
  CHECK_EQUAL(cost.n_copied_per_evaluated(), 64);
  cost.note_evaluated(100, std::chrono::milliseconds(100));
  CHECK_EQUAL(cost.n_copied_per_evaluated(), 64);
  cost.note_copied(1000 - kCopyOverhead,
                   std::chrono::milliseconds(5));  // out, and as much back in: 10 us a token
  CHECK_EQUAL(cost.n_copied_per_evaluated(), 100);
  for (int i = 0; i < 50; ++i) cost.note_evaluated(100, std::chrono::milliseconds(50));
  CHECK(cost.n_copied_per_evaluated() < 52);
  cost.note_evaluated(1, std::chrono::seconds(1));  // a decode step tells nothing
  CHECK(cost.n_copied_per_evaluated() < 52);
  for (int i = 0; i < 200; ++i) cost.note_copied(100, std::chrono::seconds(1));
  CHECK_EQUAL(cost.n_copied_per_evaluated(), 1);
}

}  // namespace

int main() {
  test_small_cells_are_given_to_all_that_run();
  test_large_cells_are_given_to_one();
  test_a_context_nobody_asked_for_shrinks();
  test_a_context_that_was_asked_for_is_had_or_refused();
  test_what_is_given_stays();
  test_unknown_memory_changes_nothing_but_the_modest_part();
  test_scores_count_without_flash_attention();
  test_the_price_of_a_copy_is_learnt();
  return electron_local_test::n_failures;
}
