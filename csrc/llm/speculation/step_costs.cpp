#include "llm/speculation/step_costs.h"

#include <algorithm>

namespace electron_local {
namespace {

constexpr double kFirstSlope = 0.15;
constexpr double kNewer = 0.2;     // weight of a new measurement
constexpr double kFading = 0.003;  // of ratios towards the first guess, a step of one token
constexpr double kWhenUnknown = 1e-3;

// A step that a neighbour held up counts as twice as long, not more.
double blend(double old, double measured) {
  return old + kNewer * (std::clamp(measured, old * 0.5, old * 2.0) - old);
}

}  // namespace

StepCosts::StepCosts() : slope_(kFirstSlope) {}

void StepCosts::record(int n_tokens, double seconds) {
  if (n_tokens < 1 || seconds <= 0.0) return;
  if (one_ == 0.0) {
    one_ = seconds / relative(n_tokens);
  } else if (n_tokens == 1) {
    one_ = blend(one_, seconds);
    slope_ += kFading * (kFirstSlope - slope_);
    for (int n = 2; n <= kMostTokens; ++n) {
      double& ratio = ratio_[static_cast<std::size_t>(n)];
      if (ratio != 0.0) ratio += kFading * (1.0 + kFirstSlope * (n - 1) - ratio);
    }
  } else {
    const double measured = seconds / one_;
    slope_ += kNewer * (std::clamp((measured - 1.0) / (n_tokens - 1), 0.0, 2.0) - slope_);
    if (n_tokens > kMostTokens) return;
    double& ratio = ratio_[static_cast<std::size_t>(n_tokens)];
    ratio = ratio == 0.0 ? measured : blend(ratio, measured);
  }
}

double StepCosts::seconds(int n_tokens) const {
  return (one_ == 0.0 ? kWhenUnknown : one_) * relative(n_tokens);
}

double StepCosts::relative(int n_tokens) const {
  const double ratio = n_tokens <= kMostTokens ? ratio_[static_cast<std::size_t>(n_tokens)] : 0.0;
  return ratio != 0.0 ? ratio : 1.0 + slope_ * (n_tokens - 1);
}

}  // namespace electron_local
