#include "llm/settings.h"

#include <algorithm>
#include <string>

#include "base/cores.h"
#include "base/error.h"

namespace electron_local {
namespace {

constexpr int kMaxDefaultContext = 32768;
constexpr int kMaxSequences = 255;  // libllama's own limit is one more, which the decoder needs itself
constexpr int kMaxThreads = 512;    // likewise

// Below this size a step is so short that handing it to a second thread costs more than it gains, and
// attention over cells weighs more than the weights: libllama's flash path is the quicker one of its two.
constexpr std::int64_t kSmallModelBytes = 32 << 20;

// Every idle cell slows every step of libllama's attention, and ours by what it takes to find it idle: only
// the last conversation stays, the others wait in host memory.
constexpr int kCached = 1;

int in_range(const char* name, int value, int low, int high) {
  if (value >= low && value <= high) return value;
  throw InvalidArgument(std::string(name) + " must be between " + std::to_string(low) + " and " +
                        std::to_string(high) + ", got " + std::to_string(value));
}

}  // namespace

Settings settle(const EngineOptions& options, int n_ctx_train, std::int64_t model_bytes,
                bool has_own_attention) {
  const bool is_small = model_bytes < kSmallModelBytes;
  Settings out;
  out.n_ctx = in_range("n_ctx", options.n_ctx, 0, n_ctx_train);
  if (out.n_ctx == 0) out.n_ctx = std::min(n_ctx_train, kMaxDefaultContext);
  out.n_cells = options.cache_tokens;
  if (out.n_cells == 0) out.n_cells = out.n_ctx;
  if (out.n_cells < out.n_ctx) {
    throw InvalidArgument("cache_tokens must be at least n_ctx, " + std::to_string(out.n_ctx) + ", got " +
                          std::to_string(out.n_cells));
  }
  out.n_batch = std::clamp(options.n_batch, 1, out.n_ctx);
  const int n_threads = in_range("n_threads", options.n_threads, 0, kMaxThreads);
  out.n_threads_batch = n_threads > 0 ? n_threads : n_physical_cores();
  const int n_limit = in_range("n_threads_limit", options.n_threads_limit, 0, kMaxThreads);
  out.n_threads = n_threads > 0 ? n_threads
                  : n_limit > 0 ? std::min(n_limit, out.n_threads_batch)
                  : is_small    ? 1
                                : out.n_threads_batch;
  out.adaptive_threads = n_threads == 0 && out.n_threads_batch > 1;
  out.measured_threads = n_limit > 0;
  out.quantised_kv = options.quantised_kv;
  out.flash_attention = options.flash_attention.value_or(is_small || out.quantised_kv || has_own_attention);
  if (out.quantised_kv && !out.flash_attention)
    throw InvalidArgument("quantised keys and values need flash attention, which is off");
  out.n_parallel = in_range("n_parallel", options.n_parallel, 1, kMaxSequences);
  const int n_most_cached = kMaxSequences - out.n_parallel;
  out.n_cached =
      in_range("n_cached", options.n_cached.value_or(std::min(kCached, n_most_cached)), 0, n_most_cached);
  out.host_bytes = options.host_bytes.value_or(0);
  out.use_prefix_cache = options.use_prefix_cache;
  out.speculation = options.speculation;
  return out;
}

}  // namespace electron_local
