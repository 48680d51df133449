// How the guesses of a draft model have fared, and when one that failed is tried again.
#pragma once

#include <algorithm>

namespace electron_local {

// Newer proposals weigh more. Decode thread only.
class DraftRecord {
 public:
  // How likely a guess is to be taken; counts a step. While nothing is known, and after a pause that grows
  // with every failure, the model gets the benefit of the doubt.
  double chance() {
    is_trial_ = n_tries_ == 0.0 || (++n_skipped_ > patience_ && patience_ > 0);
    return is_trial_ ? kFirstChance : n_hits_ / n_tries_;
  }

  bool is_empty() const { return n_tries_ == 0.0; }

  // The last chance was such a benefit: a short proposal tells as much as a long one.
  bool is_trial() const { return is_trial_; }

  void learn(int n_tried, int n_accepted) {
    n_hits_ = n_hits_ * kFading + n_accepted;
    n_tries_ = n_tries_ * kFading + std::min(n_tried, n_accepted + 1);
    const bool was_paused = n_skipped_ > kLeastPatience;
    const bool failed = 2 * n_accepted < n_tried;
    patience_ = was_paused && failed ? std::min(2 * patience_, kMostPatience) : kLeastPatience;
    n_skipped_ = 0;
  }

  // Waits no less than the other does.
  void be_as_patient_as(const DraftRecord& other) { patience_ = std::max(patience_, other.patience_); }

 private:
  static constexpr double kFading = 0.9;
  static constexpr double kFirstChance = 0.7;
  static constexpr int kLeastPatience = 32;
  static constexpr int kMostPatience = 1024;

  double n_hits_ = 0.0;
  double n_tries_ = 0.0;
  int n_skipped_ = 0;  // steps since the last proposal
  int patience_ = 0;   // steps without one before it is tried again
  bool is_trial_ = false;
};

}  // namespace electron_local
