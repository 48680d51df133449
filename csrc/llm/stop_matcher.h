// Stop strings across token borders.
#pragma once

#include <string>
#include <vector>

namespace electron_local {

// Passes text on as early as it can and never a byte of a stop string: a suffix that may still grow into one
// is held back. Owned by one sequence.
class StopMatcher {
 public:
  explicit StopMatcher(std::vector<std::string> stops) : stops_(std::move(stops)) {}

  // The text that is safe to show. After `stopped()` turns true, nothing more comes out.
  std::string push(const std::string& text);

  // The held-back text: it can no longer become a stop string.
  std::string finish();

  bool stopped() const { return stopped_; }

 private:
  std::vector<std::string> stops_;
  std::string held_;
  bool stopped_ = false;
};

}  // namespace electron_local
