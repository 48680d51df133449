// One request on its way: its tokens, and the text they turn into.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "llm/stop_matcher.h"
#include "llm/types.h"
#include "llm/utf8.h"

namespace electron_local {

// Tokens [0, n_evaluated) stand in memory; tokens [n_evaluated, size) are still to be evaluated. Owned by the
// decode thread.
class Sequence {
 public:
  // `n_most` completion tokens, then the finish reason is `length`.
  Sequence(std::vector<Token> prompt, const std::vector<std::string>& stop, int n_most);

  // Adds a sampled token with its bytes and returns what can be shown.
  TokenEvent append(Token token, std::string_view piece);

  // Ends at an end-of-generation token, which is counted, kept and not shown.
  void end_of_generation(Token token);

  // The text that was held back for a stop string that never came. Call once, at the end.
  TokenEvent finish();

  // Memory holds the first `n_tokens` from now on.
  void set_evaluated(int n_tokens) { n_evaluated_ = n_tokens; }
  void mark_evaluated(int n_tokens) { n_evaluated_ += n_tokens; }
  // Nothing may follow.
  void stop() { reason_ = FinishReason::kStop; }
  void mark_cancelled() { reason_ = FinishReason::kCancelled; }

  const std::vector<Token>& tokens() const { return tokens_; }
  int n_evaluated() const { return n_evaluated_; }
  int n_pending() const { return static_cast<int>(tokens_.size()) - n_evaluated_; }
  int n_completion() const { return n_completion_; }
  int n_left() const { return n_most_ - n_completion_; }  // completion tokens still allowed
  std::optional<FinishReason> finish_reason() const { return reason_; }

 private:
  std::vector<Token> tokens_;
  int n_evaluated_ = 0;
  int n_completion_ = 0;
  int n_most_;
  Utf8Assembler utf8_;
  StopMatcher stop_;
  std::optional<FinishReason> reason_;
};

}  // namespace electron_local
