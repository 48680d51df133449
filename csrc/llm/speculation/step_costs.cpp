#include "llm/speculation/step_costs.h"

#include <algorithm>

namespace electron_local {
namespace {

constexpr double kNewer = 0.2;       // weight of a new measurement
constexpr double kNewerSlope = 0.5;  // likewise: a wrong first guess must not be tried often
constexpr double kFading = 0.0005;   // of ratios towards the first guess, a step of one token
constexpr double kMostChange = 4.0;
constexpr double kWhenUnknown = 1e-3;

// A step that a neighbour held up counts as twice as long, not more.
double blend(double old, double measured) {
  return old + kNewer * (std::clamp(measured, old * 0.5, old * 2.0) - old);
}

}  // namespace

void StepCosts::record(int n_tokens, double seconds) {
  if (n_tokens < 1 || seconds <= 0.0) return;
  const bool is_change = last_ != 0 && n_tokens != last_;
  last_ = n_tokens;
  largest_ = std::max(largest_, n_tokens);
  if (one_ == 0.0) {
    one_ = seconds / relative(n_tokens);
  } else if (n_tokens > 1) {
    const double measured = std::max(1.0, seconds / one_ - (is_change ? change_ : 0.0));
    slope_ += kNewerSlope * (std::min((measured - 1.0) / (n_tokens - 1), 2.0) - slope_);
    if (n_tokens > kMostTokens) return;
    double& ratio = ratio_[static_cast<std::size_t>(n_tokens)];
    ratio = ratio == 0.0 ? measured : blend(ratio, measured);
  } else if (is_change) {
    change_ += kNewer * (std::clamp(seconds / one_ - 1.0, 0.0, kMostChange) - change_);
  } else {
    one_ = blend(one_, seconds);
    slope_ += kFading * (kFirstSlope - slope_);
    for (int n = 2; n <= kMostTokens; ++n) {
      double& ratio = ratio_[static_cast<std::size_t>(n)];
      if (ratio != 0.0) ratio += kFading * (1.0 + kFirstSlope * (n - 1) - ratio);
    }
  }
}

double StepCosts::seconds(int n_tokens, int n_plain) const {
  double cost = relative(n_tokens);
  if (last_ != 0 && n_tokens != last_) cost += change_;
  if (n_tokens != n_plain) cost += change_;
  return (one_ == 0.0 ? kWhenUnknown : one_) * cost;
}

double StepCosts::relative(int n_tokens) const {
  const double ratio = n_tokens <= kMostTokens ? ratio_[static_cast<std::size_t>(n_tokens)] : 0.0;
  return ratio != 0.0 ? ratio : 1.0 + slope_ * (n_tokens - 1);
}

}  // namespace electron_local
