// A model's vocabulary as a grammar sees it: bytes, and text turned into tokens the way the model would.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "llm/types.h"

namespace electron_local {

// The tokenizer of the model, without BOS, special texts left as text. Any thread.
using TokenizeFunction = std::function<std::vector<Token>(const std::string&)>;

struct GrammarToken {
  std::string bytes;        // empty: never generated
  bool is_special = false;  // not text: a grammar names it by its id or its `<…>`
};

// Immutable: any thread.
class GrammarVocabulary {
 public:
  // `tokens[id]`; `end_of_generation` holds at least one id. Throws InvalidArgument for an id out of range.
  GrammarVocabulary(std::vector<GrammarToken> tokens, std::vector<Token> end_of_generation,
                    TokenizeFunction tokenize);

  const std::vector<GrammarToken>& tokens() const { return tokens_; }
  const std::vector<Token>& end_of_generation() const { return end_of_generation_; }
  int size() const { return static_cast<int>(tokens_.size()); }
  bool contains(Token token) const { return token >= 0 && token < size(); }
  bool is_end_of_generation(Token token) const;

  // The model's own tokens for text in the middle of an answer. Where its tokenizer changes the text or finds
  // a special token in it, the longest tokens from the left instead.
  std::vector<Token> tokenize(std::string_view text) const;

  // The bytes of `tokens` are exactly `text`, and none of them is special.
  bool spells(const std::vector<Token>& tokens, std::string_view text) const;

 private:
  bool find_sentinel();
  std::vector<Token> longest_match(std::string_view text) const;

  std::vector<GrammarToken> tokens_;
  std::vector<Token> end_of_generation_;
  TokenizeFunction tokenize_;
  std::string sentinel_;  // put before text where the tokenizer adds a blank to its start
  std::vector<Token> sentinel_tokens_;
  bool trusts_tokenizer_ = true;
  std::vector<Token> by_bytes_;  // plain tokens in the order of their bytes
  std::size_t n_longest_ = 0;
};

}  // namespace electron_local
