#include "llm/grammar/closing_order.h"

#include <algorithm>
#include <optional>
#include <string>

#include "llm/grammar/constraint.h"

namespace electron_local {
namespace {

// Never in numbers, true, false and null.
constexpr char kOnlyInTexts[] = "abcdghijkmopqvwxyzABCDGHIJKMOPQVWXYZ_@/!";

bool holds_only(const std::string& bytes, const char* allowed) {
  return bytes.find_first_not_of(allowed) == std::string::npos;
}

// Of what stands in texts and numbers; none: it opens something, or is no text.
std::optional<std::size_t> kind_of(const GrammarToken& token) {
  const std::string& bytes = token.bytes;
  if (token.is_special || bytes.find_first_of("[]{}\"\\") != std::string::npos) return std::nullopt;
  if (holds_only(bytes, "0123456789")) return 0;
  if (holds_only(bytes, "abcdefghijklmnopqrstuvwxyz")) return 1;
  if (holds_only(bytes, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")) return 2;
  const std::string signs = "@.:-/ ";
  const std::size_t sign = bytes.size() == 1 ? signs.find(bytes.front()) : std::string::npos;
  return 3 + std::min(sign, signs.size());
}

// How many brackets and texts are open behind the token; each would have to be closed.
int n_left_open(const std::string& bytes, bool is_in_text) {
  int n_brackets = 0;
  for (const char c : bytes) {
    if (c == '"') is_in_text = !is_in_text;
    if (!is_in_text && (c == '{' || c == '[')) ++n_brackets;
    if (!is_in_text && (c == '}' || c == ']')) --n_brackets;
  }
  return n_brackets + (is_in_text ? 1 : 0);
}

// A quotation mark in front may end a text or begin one; behind a bracket it begins one.
bool is_closing(const GrammarToken& token) {
  const std::string& bytes = token.bytes;
  if (token.is_special || !holds_only(bytes, "[]{}\"")) return false;
  return n_left_open(bytes, false) <= 0 || (bytes.front() == '"' && n_left_open(bytes, true) <= 0);
}

Token first_of(const std::vector<Token>& tokens, const std::uint32_t* mask) {
  for (const Token token : tokens) {
    if (is_set(mask, token)) return token;
  }
  return -1;
}

}  // namespace

ClosingOrder::ClosingOrder(const GrammarVocabulary& vocabulary)
    : closing_(static_cast<std::size_t>(vocabulary.size())) {
  const auto& all = vocabulary.tokens();
  const auto bytes_of = [&all](Token token) -> const std::string& {
    return all[static_cast<std::size_t>(token)].bytes;
  };
  for (Token token = 0; token < vocabulary.size(); ++token) {
    const GrammarToken& entry = all[static_cast<std::size_t>(token)];
    if (entry.bytes.empty() || vocabulary.is_end_of_generation(token)) continue;
    const std::optional<std::size_t> kind = kind_of(entry);
    const bool begins_quoted = entry.bytes.front() == '"';
    closing_[static_cast<std::size_t>(token)] = is_closing(entry);
    (is_closing(entry) ? begins_quoted ? quotes_ : brackets_
     : kind            ? kinds_[*kind]
                       : others_)
        .push_back(token);
    if (entry.bytes.size() == 1 && holds_only(entry.bytes, kOnlyInTexts)) only_in_texts_.push_back(token);
    const bool is_character = entry.bytes.size() == 1 && entry.bytes[0] >= ' ' && entry.bytes[0] <= '~';
    if (is_character && kind) characters_.push_back(token);
  }
  const auto is_digit = [&](Token token) { return bytes_of(token)[0] >= '0' && bytes_of(token)[0] <= '9'; };
  std::stable_partition(characters_.begin(), characters_.end(), is_digit);
  const auto is_longer = [&](Token a, Token b) { return bytes_of(a).size() > bytes_of(b).size(); };
  for (auto& tokens : kinds_) std::stable_sort(tokens.begin(), tokens.end(), is_longer);
  std::stable_sort(brackets_.begin(), brackets_.end(), is_longer);
  std::stable_sort(quotes_.begin(), quotes_.end(), is_longer);
  const auto leaves_less_open = [&](Token a, Token b) {
    return n_left_open(bytes_of(a), false) < n_left_open(bytes_of(b), false);
  };
  std::stable_sort(others_.begin(), others_.end(), leaves_less_open);
}

Token ClosingOrder::best(const std::uint32_t* mask, std::size_t& turn) const {
  // Brackets in a text close nothing; elsewhere more than a quotation mark, which may open a text.
  const bool is_in_text = first_of(only_in_texts_, mask) >= 0;
  Token closing = is_in_text ? -1 : first_of(brackets_, mask);
  if (closing < 0) closing = first_of(quotes_, mask);
  if (closing >= 0) {
    turn = 0;
    return closing;
  }
  for (std::size_t i = 0; i < kKinds; ++i, ++turn) {
    const Token token = first_of(kinds_[turn % kKinds], mask);
    if (token < 0) continue;
    ++turn;
    return token;
  }
  return first_of(others_, mask);
}

}  // namespace electron_local
