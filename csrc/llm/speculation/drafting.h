// Whether, and how far, to guess ahead in the next step.
#pragma once

#include <cstdint>
#include <vector>

#include "llm/speculation/speculator.h"
#include "llm/speculation/step_costs.h"
#include "llm/types.h"

namespace electron_local {

// What the next batch holds without guesses.
struct PlannedStep {
  int n_tokens = 0;
  int n_sequences = 0;
};

// The number of tokens to guess, at most `n_most`, that makes the most tokens a second, when each is right
// with `chance` where all before it are; 0 where guessing does not clearly pay.
int best_draft_length(const StepCosts& costs, const PlannedStep& step, double chance, double seconds_a_draft,
                      int n_most);

// One engine's; decode thread only.
class Drafting {
 public:
  explicit Drafting(Speculation mode) : mode_(mode) {}

  // Guesses that go into the step behind `tokens`, at most `n_most`; often none.
  std::vector<Token> draft(Speculator& speculator, const std::vector<Token>& tokens, const PlannedStep& step,
                           int n_most) const;

  // A step without a part of a prompt took so long.
  void note_step(int n_tokens, double seconds) { costs_.record(n_tokens, seconds); }

  // The memory refused to give guesses back: none from now on.
  void turn_off() { mode_ = Speculation::kOff; }
  bool is_on() const { return mode_ != Speculation::kOff; }

  static constexpr int kMostDrafted = 16;  // a sequence and step

 private:
  Speculation mode_;
  StepCosts costs_;
};

}  // namespace electron_local
