#include "llm/batch_plan.h"

#include <algorithm>
#include <tuple>

namespace electron_local {

std::vector<Work> plan_batch(std::vector<Runnable> runnables, const PlanLimits& limits) {
  std::sort(runnables.begin(), runnables.end(), [](const Runnable& a, const Runnable& b) {
    return std::make_tuple(a.is_prefilling, -a.priority, a.last_step, a.index) <
           std::make_tuple(b.is_prefilling, -b.priority, b.last_step, b.index);
  });
  std::vector<Work> plan;
  int n_left = limits.n_batch;
  bool decodes = false;
  bool prefills = false;
  for (const Runnable& runnable : runnables) {
    if (runnable.n_pending == 0) continue;
    if (!runnable.is_prefilling) {
      if (runnable.n_pending > n_left) continue;
      plan.push_back({runnable.index, runnable.n_pending});
      n_left -= runnable.n_pending;
      decodes = true;
    } else {
      if (!prefills)
        n_left = std::min({n_left, limits.n_prefill, decodes ? limits.n_prefill_while_decoding : n_left});
      prefills = true;  // the bound is for all prompts together
      const int n = std::min(runnable.n_pending, n_left);
      if (n == 0) break;
      plan.push_back({runnable.index, n});
      n_left -= n;
    }
  }
  return plan;
}

}  // namespace electron_local
