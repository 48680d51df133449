#include "llm/speculation/drafting.h"

#include <algorithm>

namespace electron_local {
namespace {

constexpr double kLeastGain = 1.05;  // below, the measurements are not sure enough

}  // namespace

int best_draft_length(const StepCosts& costs, const PlannedStep& step, double chance, double seconds_a_draft,
                      int n_most) {
  const double plain_rate = step.n_sequences / costs.seconds(step.n_tokens, step.n_tokens);
  double best_rate = plain_rate * kLeastGain;
  int best = 0;
  double n_expected = step.n_sequences;
  double reaches = 1.0;  // chance that all guesses so far are right
  n_most = std::min(n_most, costs.n_most_tokens() - step.n_tokens);
  for (int n = 1; n <= n_most; ++n) {
    reaches *= chance;
    n_expected += reaches;
    const double rate = n_expected / (costs.seconds(step.n_tokens + n, step.n_tokens) + n * seconds_a_draft);
    if (rate <= best_rate) continue;
    best_rate = rate;
    best = n;
  }
  return best;
}

std::vector<Token> Drafting::draft(Speculator& speculator, const std::vector<Token>& tokens,
                                   const PlannedStep& step, int n_most) const {
  n_most = std::min(n_most, kMostDrafted);
  if (mode_ == Speculation::kOff || n_most < 1) return {};
  const double chance = speculator.chance(tokens);
  if (chance <= 0.0) return {};
  const int n = mode_ == Speculation::kAlways
                    ? n_most
                    : best_draft_length(costs_, step, chance, speculator.seconds_a_token(), n_most);
  return n == 0 ? std::vector<Token>() : speculator.propose(tokens, n);
}

}  // namespace electron_local
