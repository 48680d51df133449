#include "llm/grammar/closing_order.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <tuple>
#include <utility>

namespace electron_local {
namespace {

constexpr char kDigits[] = "0123456789";

bool holds_only(const std::string& bytes, const char* allowed) {
  return bytes.find_first_not_of(allowed) == std::string::npos;
}

// The lower, the sooner it leads to the end.
int rank(const GrammarToken& token) {
  const std::string& bytes = token.bytes;
  if (token.is_special) return 7;
  if (holds_only(bytes, "]}\"")) return bytes.front() == '"' ? 1 : 0;
  if (holds_only(bytes, "[]{}\"") && (bytes.back() == ']' || bytes.back() == '}')) return 2;
  if (holds_only(bytes, kDigits)) return 3;
  switch (bytes.front()) {
    case '-':
      return 5;
    case '[':
    case '{':
    case '"':
    case '\\':
      return 6;
    default:
      return 4;
  }
}

}  // namespace

ClosingOrder::ClosingOrder(const GrammarVocabulary& vocabulary) {
  std::vector<std::pair<std::tuple<int, std::ptrdiff_t>, Token>> ranked;
  for (Token token = 0; token < vocabulary.size(); ++token) {
    const GrammarToken& entry = vocabulary.tokens()[static_cast<std::size_t>(token)];
    if (entry.bytes.empty() || vocabulary.is_end_of_generation(token)) continue;
    ranked.push_back({{rank(entry), -static_cast<std::ptrdiff_t>(entry.bytes.size())}, token});
  }
  std::sort(ranked.begin(), ranked.end());
  for (const auto& [key, token] : ranked) tokens_.push_back(token);
}

Token ClosingOrder::best(const std::uint32_t* mask) const {
  for (const Token token : tokens_) {
    if ((mask[token / 32] >> (static_cast<unsigned>(token) % 32) & 1u) != 0) return token;
  }
  return -1;
}

}  // namespace electron_local
