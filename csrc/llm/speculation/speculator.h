// Guesses at the tokens to come, which one batch then verifies: the interface.
#pragma once

#include <vector>

#include "llm/types.h"

namespace electron_local {

// Guesses for one sequence, whose tokens only ever grow. Whatever it proposes, the answer is the one that
// would come without it. Decode thread only.
class Speculator {
 public:
  virtual ~Speculator() = default;

  // How likely each next token of a proposal behind `tokens` is to be taken, going by the proposals before;
  // 0: there is nothing to propose.
  virtual double chance(const std::vector<Token>& tokens) = 0;

  // At most `n_most` tokens that may follow `tokens`. To be called after `chance` for the same tokens.
  virtual std::vector<Token> propose(const std::vector<Token>& tokens, int n_most) = 0;

  // How many tokens of the last proposal, of which `n_tried` went into a batch, the sampler took.
  virtual void learn(int n_tried, int n_accepted) {
    (void)n_tried;
    (void)n_accepted;
  }

  // What proposing one token costs, beside the batch that verifies it.
  virtual double seconds_a_token() const { return 0.0; }
};

}  // namespace electron_local
