// What copying a cached state costs beside evaluating its tokens, as seen so far.
#pragma once

#include <algorithm>
#include <chrono>

#include "llm/cache/kv_cells.h"

namespace electron_local {

// Running means; the first value of each counts whole. Decode thread only.
class CopyCost {
 public:
  // A batch that holds a prompt's tokens; smaller ones are decode steps and say nothing.
  void note_evaluated(int n_tokens, std::chrono::nanoseconds time) {
    if (n_tokens >= kMinBatch) note(evaluated_ns_, n_tokens, time);
  }

  // One way: out of the cells or back into them.
  void note_copied(int n_tokens, std::chrono::nanoseconds time) {
    if (n_tokens >= kMinBatch) note(copied_ns_, n_tokens + kCopyOverhead, time);
  }

  // So many tokens are copied out and back in while one is evaluated.
  int n_copied_per_evaluated() const {
    if (evaluated_ns_ <= 0 || copied_ns_ <= 0) return kUnknown;
    return static_cast<int>(std::clamp(evaluated_ns_ / (2 * copied_ns_), 1.0, 10000.0));
  }

 private:
  static constexpr int kMinBatch = 16;
  static constexpr int kUnknown = 64;  // between what small and large models show
  static constexpr double kShare = 0.1;
  static constexpr double kShareOfLess = 0.5;  // what was slow was disturbed

  static void note(double& mean_ns, int n_tokens, std::chrono::nanoseconds time) {
    const double here_ns = static_cast<double>(time.count()) / n_tokens;
    const double share = here_ns < mean_ns ? kShareOfLess : kShare;
    mean_ns = mean_ns <= 0 ? here_ns : mean_ns + share * (here_ns - mean_ns);
  }

  double evaluated_ns_ = 0;  // a token; 0: not seen
  double copied_ns_ = 0;
};

}  // namespace electron_local
