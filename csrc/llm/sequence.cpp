#include "llm/sequence.h"

#include <utility>

namespace electron_local {

Sequence::Sequence(std::vector<Token> prompt, const std::vector<std::string>& stop, int n_most)
    : tokens_(std::move(prompt)), n_most_(n_most), stop_(stop) {}

TokenEvent Sequence::append(Token token, std::string_view piece) {
  tokens_.push_back(token);
  ++n_completion_;
  TokenEvent event{stop_.push(utf8_.push(piece)), token, std::nullopt};
  if (stop_.stopped()) {
    reason_ = FinishReason::kStop;
  } else if (n_completion_ >= n_most_) {
    reason_ = FinishReason::kLength;
  }
  return event;
}

void Sequence::end_of_generation(Token token) {
  tokens_.push_back(token);
  ++n_completion_;
  reason_ = FinishReason::kStop;
}

TokenEvent Sequence::finish() {
  utf8_.finish();
  return {stop_.finish(), -1, std::nullopt};
}

}  // namespace electron_local
