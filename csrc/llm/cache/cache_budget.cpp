#include "llm/cache/cache_budget.h"

#include <algorithm>
#include <string>

#include "base/error.h"

namespace electron_local {
namespace {

constexpr std::uint64_t kMiB = 1 << 20;
constexpr std::uint64_t kModestBytes = 64 * kMiB;  // cells beyond one context's, if they fit into so much
constexpr std::uint64_t kMaxHostBytes = 1024 * kMiB;
constexpr std::uint64_t kUnknownHostBytes = 256 * kMiB;
constexpr int kMinContext = 512;

int cells_in(std::uint64_t n_bytes, std::uint64_t bytes_per_cell, int n_most) {
  return static_cast<int>(
      std::min<std::uint64_t>(n_bytes / bytes_per_cell, static_cast<std::uint64_t>(n_most)));
}

}  // namespace

std::uint64_t bytes_per_cell(std::uint64_t kv_bytes, int n_head, const Settings& settings) {
  const auto n_rows = static_cast<std::uint64_t>(settings.n_batch);
  const std::uint64_t mask = n_rows * (settings.flash_attention ? 2 : 4);
  const std::uint64_t scores = settings.flash_attention ? 0 : n_rows * static_cast<std::uint64_t>(n_head) * 4;
  return std::max<std::uint64_t>(1, kv_bytes + mask + scores);
}

Settings fit_cache(Settings settings, const EngineOptions& options, const MemoryFacts& memory) {
  const std::uint64_t available = memory.available_bytes.value_or(0);
  const std::uint64_t spare = available - std::min(available, memory.model_bytes);
  if (!options.host_bytes) {
    settings.host_bytes = static_cast<std::size_t>(memory.available_bytes ? std::min(kMaxHostBytes, spare / 4)
                                                                          : kUnknownHostBytes);
  }
  if (options.cache_tokens != 0) return settings;

  const std::int64_t n_wanted = std::int64_t{settings.n_ctx} * settings.n_parallel;
  const int n_modest = cells_in(kModestBytes, memory.bytes_per_cell, 1 << 20);
  settings.n_cells = std::max(settings.n_ctx, static_cast<int>(std::min<std::int64_t>(n_wanted, n_modest)));
  if (!memory.available_bytes) return settings;

  const int n_affordable = cells_in(spare / 2, memory.bytes_per_cell, settings.n_cells);
  if (n_affordable >= settings.n_ctx) {
    settings.n_cells = n_affordable;
  } else if (options.n_ctx == 0) {
    settings.n_ctx = std::max(n_affordable, std::min(settings.n_ctx, kMinContext));
    settings.n_cells = settings.n_ctx;
    settings.n_batch = std::min(settings.n_batch, settings.n_ctx);
  } else {
    settings.n_cells = settings.n_ctx;
    const std::uint64_t needed = memory.bytes_per_cell * static_cast<std::uint64_t>(settings.n_ctx);
    if (needed > spare) {
      throw ModelLoadError("n_ctx " + std::to_string(settings.n_ctx) + " needs " +
                           std::to_string(needed / kMiB) + " MiB for keys and values; " +
                           std::to_string(spare / kMiB) + " MiB of memory are left beside the model");
    }
  }
  return settings;
}

}  // namespace electron_local
