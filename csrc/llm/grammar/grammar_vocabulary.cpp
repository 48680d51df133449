#include "llm/grammar/grammar_vocabulary.h"

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace electron_local {

GrammarVocabulary::GrammarVocabulary(std::vector<GrammarToken> tokens, std::vector<Token> end_of_generation,
                                     TokenizeFunction tokenize)
    : tokens_(std::move(tokens)),
      end_of_generation_(std::move(end_of_generation)),
      tokenize_(std::move(tokenize)) {
  if (end_of_generation_.empty()) throw InvalidArgument("the vocabulary has no end-of-generation token");
  for (const Token token : end_of_generation_) {
    if (contains(token)) continue;
    throw InvalidArgument("end-of-generation token " + std::to_string(token) +
                          " is not in the vocabulary of " + std::to_string(size()));
  }
  for (Token token = 0; token < size(); ++token) {
    const GrammarToken& entry = tokens_[static_cast<std::size_t>(token)];
    if (entry.is_special || entry.bytes.empty()) continue;
    by_bytes_.push_back(token);
    n_longest_ = std::max(n_longest_, entry.bytes.size());
  }
  std::sort(by_bytes_.begin(), by_bytes_.end(), [this](Token a, Token b) {
    return tokens_[static_cast<std::size_t>(a)].bytes < tokens_[static_cast<std::size_t>(b)].bytes;
  });
  trusts_tokenizer_ = spells(tokenize_("a"), "a") || find_sentinel();
}

bool GrammarVocabulary::is_end_of_generation(Token token) const {
  return std::find(end_of_generation_.begin(), end_of_generation_.end(), token) != end_of_generation_.end();
}

// A byte that starts no longer token: what follows it is tokenised as in the middle of a text.
bool GrammarVocabulary::find_sentinel() {
  for (const char byte : {'\x01', '\x02', '\x03', '\n'}) {
    sentinel_.assign(1, byte);
    sentinel_tokens_ = tokenize_(sentinel_);
    const std::vector<Token> with = tokenize_(sentinel_ + "a");
    if (with.size() <= sentinel_tokens_.size()) continue;
    const auto border = with.begin() + static_cast<std::ptrdiff_t>(sentinel_tokens_.size());
    if (std::equal(sentinel_tokens_.begin(), sentinel_tokens_.end(), with.begin()) &&
        spells({border, with.end()}, "a")) {
      return true;
    }
  }
  return false;
}

std::vector<Token> GrammarVocabulary::tokenize(std::string_view text) const {
  if (!trusts_tokenizer_) return longest_match(text);
  std::vector<Token> tokens = tokenize_(sentinel_ + std::string(text));
  if (tokens.size() < sentinel_tokens_.size() ||
      !std::equal(sentinel_tokens_.begin(), sentinel_tokens_.end(), tokens.begin())) {
    return longest_match(text);
  }
  tokens.erase(tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(sentinel_tokens_.size()));
  return spells(tokens, text) ? tokens : longest_match(text);
}

bool GrammarVocabulary::spells(const std::vector<Token>& tokens, std::string_view text) const {
  for (const Token token : tokens) {
    if (!contains(token)) return false;
    const GrammarToken& entry = tokens_[static_cast<std::size_t>(token)];
    if (entry.is_special || text.substr(0, entry.bytes.size()) != entry.bytes) return false;
    text.remove_prefix(entry.bytes.size());
  }
  return text.empty();
}

// Ends early at a byte that no token has.
std::vector<Token> GrammarVocabulary::longest_match(std::string_view text) const {
  std::vector<Token> out;
  const auto less = [this](Token token, std::string_view bytes) {
    return tokens_[static_cast<std::size_t>(token)].bytes < bytes;
  };
  while (!text.empty()) {
    std::size_t length = std::min(n_longest_, text.size());
    for (; length > 0; --length) {
      const std::string_view bytes = text.substr(0, length);
      const auto found = std::lower_bound(by_bytes_.begin(), by_bytes_.end(), bytes, less);
      if (found == by_bytes_.end() || tokens_[static_cast<std::size_t>(*found)].bytes != bytes) continue;
      out.push_back(*found);
      break;
    }
    if (length == 0) break;
    text.remove_prefix(length);
  }
  return out;
}

}  // namespace electron_local
