// What EngineOptions leave open, settled for one model on this machine.
#pragma once

#include <cstddef>
#include <cstdint>

#include "llm/types.h"

namespace electron_local {

struct Settings {
  int n_ctx = 512;    // tokens of one request
  int n_cells = 512;  // of all sequences together
  int n_batch = 512;
  int n_threads = 1;              // of a decode step, at most
  int n_threads_batch = 1;        // of a prefill step, at most
  bool adaptive_threads = false;  // fewer while neighbours keep cores busy
  bool measured_threads = false;  // n_threads is known to be the quickest number alone
  int n_parallel = 8;
  int n_cached = 16;
  std::size_t host_bytes = 0;
  bool use_prefix_cache = true;
  bool flash_attention = false;
  Speculation speculation = Speculation::kAuto;
  bool quantised_kv = false;

  // Ids of one context: those that run, and those that keep cached conversations alive.
  int n_sequences() const { return n_parallel + n_cached; }
};

// Throws InvalidArgument for an option outside its range. `model_bytes`: size of the weights.
// `has_own_attention`: flash attention is ours, and quicker than libllama's other path.
Settings settle(const EngineOptions& options, int n_ctx_train, std::int64_t model_bytes,
                bool has_own_attention);

}  // namespace electron_local
