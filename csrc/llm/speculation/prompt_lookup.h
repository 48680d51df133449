// Guesses by looking back: what followed the last tokens when they stood in the text before.
#pragma once

#include <array>
#include <vector>

#include "llm/speculation/speculator.h"
#include "llm/types.h"

namespace electron_local {

// Prompt lookup (Saxena 2023): answers repeat their prompt, tool results, history and themselves. Every pair
// of tokens is indexed; of the newest places where the last pair stands, the one with the longest common past
// wins. Each guess is compared with what came, tried or not, so that what a guess is worth is known for
// nothing. One sequence's; its prompt is indexed with the first question, which comes behind the first token
// of the answer.
class PromptLookup final : public Speculator {
 public:
  PromptLookup();

  double chance(const std::vector<Token>& tokens) override;
  std::vector<Token> propose(const std::vector<Token>& tokens, int n_most) override;

 private:
  // The last `length` tokens also stand right before position `source`: its token is the guess.
  struct Match {
    int source = -1;  // -1: none
    int length = 0;
  };
  // How guesses behind matches of one class of lengths fared, newer ones weighing more.
  struct Record {
    double n_hits;
    double n_tries;
  };
  static constexpr int kClasses = 4;

  static int class_of(int length);
  std::size_t slot(Token a, Token b) const;
  void judge(const std::vector<Token>& tokens);
  void index(const std::vector<Token>& tokens);
  Match find(const std::vector<Token>& tokens) const;

  std::vector<int> newest_;   // by hash of a pair: where its second token stands last, or -1
  std::vector<int> earlier_;  // by position: the place before it in the same slot, or -1
  Match match_;               // behind the tokens seen so far
  std::array<Record, kClasses> records_;
};

}  // namespace electron_local
