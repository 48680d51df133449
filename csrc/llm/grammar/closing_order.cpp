#include "llm/grammar/closing_order.h"

#include <algorithm>
#include <optional>
#include <string>

namespace electron_local {
namespace {

// Never in numbers, true, false and null.
constexpr char kOnlyInTexts[] = "abcdghijkmopqvwxyzABCDGHIJKMOPQVWXYZ_@/!";

bool holds_only(const std::string& bytes, const char* allowed) {
  return bytes.find_first_not_of(allowed) == std::string::npos;
}

bool closes(const GrammarToken& token) {
  const std::string& bytes = token.bytes;
  if (token.is_special || !holds_only(bytes, "[]{}\"")) return false;
  return bytes.back() != '[' && bytes.back() != '{';
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

Token first_of(const std::vector<Token>& tokens, const std::uint32_t* mask) {
  for (const Token token : tokens) {
    if ((mask[token / 32] >> (static_cast<unsigned>(token) % 32) & 1u) != 0) return token;
  }
  return -1;
}

}  // namespace

ClosingOrder::ClosingOrder(const GrammarVocabulary& vocabulary) {
  const auto& all = vocabulary.tokens();
  const auto bytes_of = [&all](Token token) -> const std::string& {
    return all[static_cast<std::size_t>(token)].bytes;
  };
  for (Token token = 0; token < vocabulary.size(); ++token) {
    const GrammarToken& entry = all[static_cast<std::size_t>(token)];
    if (entry.bytes.empty() || vocabulary.is_end_of_generation(token)) continue;
    const std::optional<std::size_t> kind = kind_of(entry);
    const bool begins_quoted = entry.bytes.front() == '"';
    (closes(entry) ? begins_quoted ? quotes_ : brackets_ : kind ? kinds_[*kind] : others_).push_back(token);
    if (entry.bytes.size() == 1 && holds_only(entry.bytes, kOnlyInTexts)) only_in_texts_.push_back(token);
  }
  const auto is_longer = [&](Token a, Token b) { return bytes_of(a).size() > bytes_of(b).size(); };
  for (auto& tokens : kinds_) std::stable_sort(tokens.begin(), tokens.end(), is_longer);
  std::stable_sort(brackets_.begin(), brackets_.end(), is_longer);
  std::stable_sort(quotes_.begin(), quotes_.end(), is_longer);
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
