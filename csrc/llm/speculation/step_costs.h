// What a decode step costs by the number of its tokens, as measured while it runs.
#pragma once

#include <array>

namespace electron_local {

// One engine's; decode thread only.
class StepCosts {
 public:
  StepCosts();

  // A step of so many tokens, without a part of a prompt, took so long.
  void record(int n_tokens, double seconds);

  // What it would cost now. Sizes never measured are judged by those that were; measurements of long ago
  // fade, so that what once did not pay is tried again.
  double seconds(int n_tokens) const;

 private:
  static constexpr int kMostTokens = 64;

  double relative(int n_tokens) const;

  double one_ = 0.0;                             // seconds of a step of one token; 0: not known
  double slope_;                                 // of the cost of a further token, relative to the first
  std::array<double, kMostTokens + 1> ratio_{};  // by tokens, to a step of one; 0: not known
};

}  // namespace electron_local
