// Which of the tokens that a grammar allows leads to its end soonest, as far as the tokens' bytes tell.
#pragma once

#include <cstdint>
#include <vector>

#include "llm/grammar/grammar_vocabulary.h"

namespace electron_local {

// Made for JSON: closing brackets and quotes first, then numbers, names and numerals, brackets that open
// last. Immutable: any thread.
class ClosingOrder {
 public:
  explicit ClosingOrder(const GrammarVocabulary& vocabulary);

  // The best token whose bit is set in `mask`; -1: none is.
  Token best(const std::uint32_t* mask) const;

 private:
  std::vector<Token> tokens_;  // the best first
};

}  // namespace electron_local
