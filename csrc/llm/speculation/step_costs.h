// What a decode step costs by the number of its tokens, as measured while it runs.
#pragma once

#include <array>

namespace electron_local {

// One engine's; decode thread only. A step of another size than the one before it costs more: libllama builds
// its graph anew.
class StepCosts {
 public:
  // A step of so many tokens, without a part of a prompt, took so long.
  void record(int n_tokens, double seconds);

  // What a step would cost now that holds `n_tokens`, of which `n_plain` are no guesses: with its change of
  // size, and the change back. Sizes never measured are judged by those that were; measurements of long ago
  // fade, so that what once did not pay is tried again.
  double seconds(int n_tokens, int n_plain) const;

  // The largest step that may be judged from what was measured: a new size is tried in small strides.
  int n_most_tokens() const { return 2 * largest_ + 2; }

 private:
  static constexpr int kMostTokens = 64;
  static constexpr double kFirstSlope = 0.15;

  double relative(int n_tokens) const;

  // All but the first relative to it.
  double one_ = 0.0;                             // seconds of a step of one token; 0: not known
  double slope_ = kFirstSlope;                   // of a further token
  double change_ = 0.0;                          // of a change of size
  std::array<double, kMostTokens + 1> ratio_{};  // of so many tokens; 0: not known
  int last_ = 0;                                 // tokens of the last step
  int largest_ = 1;                              // step measured
};

}  // namespace electron_local
