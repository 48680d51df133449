// Which tokens go into the next batch. Pure.
#pragma once

#include <cstdint>
#include <vector>

namespace electron_local {

// What the planner knows of a running sequence; `index` is the caller's.
struct Runnable {
  int index = 0;
  int n_pending = 0;
  bool is_prefilling = false;
  int priority = 0;
  std::uint64_t last_step = 0;
};

// The first n pending tokens of runnable `index`.
struct Work {
  int index = 0;
  int n = 0;
};

struct PlanLimits {
  int n_batch = 512;                  // tokens in one batch
  int n_prefill = 512;                // prompt tokens in it
  int n_prefill_while_decoding = 64;  // prompt tokens beside somebody's next token: bounds that token's delay
};

// Decode tokens first, every sequence's; then prompts in chunks: higher priority first, then who waited
// longest. Never plans more than `n_batch` tokens nor a part of a decode step.
std::vector<Work> plan_batch(std::vector<Runnable> runnables, const PlanLimits& limits);

}  // namespace electron_local
