// Which keys and values of earlier requests a new prompt can reuse.
#pragma once

#include <string>
#include <vector>

#include "llm/types.h"

namespace electron_local {

// Tokens [0, n_tokens) of the prompt stand in memory already.
struct PrefixMatch {
  int n_tokens = 0;
  std::string end;  // why the match ends there
};

// Used by the decode thread alone. The contract: after `match`, memory holds exactly the matched tokens (the
// engine trims it) until `store` says what stands there now.
class PrefixCache {
 public:
  virtual ~PrefixCache() = default;

  // The longest usable prefix. Never the whole prompt: its last token must be evaluated to have logits.
  virtual PrefixMatch match(const std::vector<Token>& prompt) const = 0;

  // `tokens` stand in memory, in this order, from position 0.
  virtual void store(std::vector<Token> tokens) = 0;

  virtual int n_cells() const = 0;
};

// Never matches: the oracle, and the off switch.
class NaiveCache final : public PrefixCache {
 public:
  PrefixMatch match(const std::vector<Token>& prompt) const override;
  void store(std::vector<Token> tokens) override;
  int n_cells() const override;

 private:
  int n_cells_ = 0;
};

// Remembers the last conversation: the next turn of it reuses prompt and reply alike.
class LastConversationCache final : public PrefixCache {
 public:
  PrefixMatch match(const std::vector<Token>& prompt) const override;
  void store(std::vector<Token> tokens) override;
  int n_cells() const override;

 private:
  std::vector<Token> tokens_;
};

}  // namespace electron_local
