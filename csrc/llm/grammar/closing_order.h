// Which of the tokens that a grammar allows leads to its end soonest, as far as the tokens' bytes tell.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "llm/grammar/grammar_vocabulary.h"

namespace electron_local {

// Made for JSON. Immutable: any thread.
class ClosingOrder {
 public:
  explicit ClosingOrder(const GrammarVocabulary& vocabulary);

  // The best token whose bit is set in `mask`: what closes most; else of digits, letters and signs each kind
  // in its turn (a pattern may want any of them before it lets a text end); else what leaves the least open.
  // -1: none is set. `turn`: begins with 0, for the next token.
  Token best(const std::uint32_t* mask, std::size_t& turn) const;

  // Tokens of one printable character each that neither closes nor opens anything, digits first.
  const std::vector<Token>& characters() const { return characters_; }

  // Whether a token of that way closes something.
  bool closes(Token token) const { return token >= 0 && closing_[static_cast<std::size_t>(token)]; }

 private:
  static constexpr std::size_t kKinds = 10;

  std::vector<bool> closing_;  // by token
  std::vector<Token> characters_;
  std::vector<Token> only_in_texts_;
  std::vector<Token> brackets_;  // here and below: the best first
  std::vector<Token> quotes_;    // and brackets behind them
  std::array<std::vector<Token>, kKinds> kinds_;
  std::vector<Token> others_;
};

}  // namespace electron_local
