#include "llm/speculation/prompt_lookup.h"

#include <algorithm>
#include <cstdint>

namespace electron_local {
namespace {

constexpr int kMostPlaces = 16;  // places looked at for one match
constexpr int kMostCompared = 32;
constexpr int kLeastLength = 2;
constexpr double kFading = 0.95;      // of older guesses, a guess
constexpr double kPriorWeight = 3.0;  // the chances assumed at the start count as so many guesses
constexpr double kPriors[] = {0.25, 0.45, 0.7, 0.9};
constexpr std::size_t kLeastSlots = 1024;

}  // namespace

PromptLookup::PromptLookup() {
  for (std::size_t i = 0; i < records_.size(); ++i) records_[i] = {kPriors[i] * kPriorWeight, kPriorWeight};
}

// Longer matches are followed more surely: 2, 3 to 4, 5 to 8, more.
int PromptLookup::class_of(int length) {
  if (length <= 2) return 0;
  if (length <= 4) return 1;
  return length <= 8 ? 2 : 3;
}

std::size_t PromptLookup::slot(Token a, Token b) const {
  const auto pair =
      static_cast<std::uint64_t>(static_cast<std::uint32_t>(a)) << 32 | static_cast<std::uint32_t>(b);
  return static_cast<std::size_t>(pair * 0x9e3779b97f4a7c15u >> 32) & (newest_.size() - 1);
}

double PromptLookup::chance(const std::vector<Token>& tokens) {
  if (tokens.size() > earlier_.size()) {
    judge(tokens);
    index(tokens);
    match_ = find(tokens);
  }
  if (match_.source < 0) return 0.0;
  const Record& record = records_[static_cast<std::size_t>(class_of(match_.length))];
  return record.n_hits / record.n_tries;
}

std::vector<Token> PromptLookup::propose(const std::vector<Token>& tokens, int n_most) {
  std::vector<Token> out;
  if (match_.source < 0) return out;
  for (auto i = static_cast<std::size_t>(match_.source); static_cast<int>(out.size()) < n_most; ++i) {
    out.push_back(i < tokens.size() ? tokens[i] : out[i - tokens.size()]);  // a repetition goes on
  }
  return out;
}

// The tokens that came since the last match was found, against its guesses, until one was wrong.
void PromptLookup::judge(const std::vector<Token>& tokens) {
  if (match_.source < 0) return;
  const std::size_t n_known = earlier_.size();
  for (std::size_t i = n_known; i < tokens.size(); ++i) {
    const std::size_t n_since = i - n_known;
    const bool is_hit = tokens[i] == tokens[static_cast<std::size_t>(match_.source) + n_since];
    Record& record = records_[static_cast<std::size_t>(class_of(match_.length + static_cast<int>(n_since)))];
    record.n_hits = record.n_hits * kFading + (is_hit ? 1.0 : 0.0);
    record.n_tries = record.n_tries * kFading + 1.0;
    if (!is_hit) return;
  }
}

void PromptLookup::index(const std::vector<Token>& tokens) {
  if (newest_.size() < tokens.size()) {  // a slot a token at least; what was indexed is indexed again
    std::size_t n_slots = std::max(kLeastSlots, newest_.size());
    while (n_slots < 2 * tokens.size()) n_slots *= 2;
    newest_.assign(n_slots, -1);
    earlier_.clear();
  }
  if (earlier_.empty() && !tokens.empty()) earlier_.push_back(-1);
  for (std::size_t i = earlier_.size(); i < tokens.size(); ++i) {
    int& newest = newest_[slot(tokens[i - 1], tokens[i])];
    earlier_.push_back(newest);
    newest = static_cast<int>(i);
  }
}

PromptLookup::Match PromptLookup::find(const std::vector<Token>& tokens) const {
  Match best;
  const int n = static_cast<int>(tokens.size());
  int place = n > 0 ? earlier_.back() : -1;
  for (int i = 0; i < kMostPlaces && place >= 0; ++i) {
    int length = 0;
    const int n_most = std::min(kMostCompared, place + 1);
    while (length < n_most && tokens[static_cast<std::size_t>(place - length)] ==
                                  tokens[static_cast<std::size_t>(n - 1 - length)]) {
      ++length;
    }
    if (length >= kLeastLength && length > best.length) best = {place + 1, length};
    place = earlier_[static_cast<std::size_t>(place)];
  }
  return best;
}

}  // namespace electron_local
