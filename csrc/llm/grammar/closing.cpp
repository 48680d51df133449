#include "llm/grammar/closing.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace electron_local {
namespace {

constexpr int kMargin = 32;  // tokens by which one step, or a few, may lengthen the way to the end
constexpr int kTries = 100;  // of characters on a way: all of a text once, the digits of a number ten times
constexpr std::size_t kMostInNumber = 14;  // characters that may stand in one: digits, sign, point, exponent

}  // namespace

Token Closing::steer(Constraint& constraint, Token picked, int n_left) {
  if (is_closing_) return next(constraint, search_);
  if (constraint.is_free()) {
    n_in_run_ = 0;
    return picked;
  }
  const bool is_name = n_in_run_++ < n_name_;
  if (n_left > n_next_look_) return picked;
  std::unique_ptr<Constraint> behind = constraint.clone();
  behind->accept(picked);
  if (const std::optional<int> n = n_to_end(*behind, n_left - 1)) {
    n_next_look_ = n_left - std::max(1, (n_left - 1 - *n - kMargin) / 4);
    return picked;
  }
  // Behind `picked` no way is found. Where enough is left that is rather the estimate's fault.
  const std::optional<int> n_here = n_to_end(constraint, n_left);
  const int n_spare = n_here ? n_left - *n_here - kMargin : n_left;
  if (n_spare > 0 || (is_name && is_choice(constraint, picked))) {
    n_next_look_ = n_left - std::max(1, n_spare / 4);
    return picked;
  }
  is_closing_ = true;
  return next(constraint, search_);
}

// Whether the way closes nothing here and goes by another token than `picked` only because it is shorter.
bool Closing::is_choice(Constraint& constraint, Token picked) const {
  Search search;
  const Token token = next(constraint, search);
  if (token < 0 || token == end_ || order_->closes(token)) return false;
  return (constraint.mask()[picked / 32] >> (static_cast<unsigned>(picked) % 32) & 1u) != 0;
}

// Tokens of the way to the end, that of the end itself included where one is needed; none: more than
// `n_most`.
std::optional<int> Closing::n_to_end(const Constraint& constraint, int n_most) {
  for (const int n_tries : {0, kTries}) {
    search_ = {0, n_tries};
    if (const std::optional<int> n = n_to_end(constraint.clone(), n_most, search_)) return n;
  }
  return std::nullopt;
}

std::optional<int> Closing::n_to_end(std::unique_ptr<Constraint> copy, int n_most, Search search) const {
  for (int n = 0; n <= n_most; ++n) {
    if (copy->is_finished()) return n;
    const Token token = next(*copy, search);
    if (token < 0) return std::nullopt;
    copy->accept(token);
  }
  return std::nullopt;
}

Token Closing::next(Constraint& constraint, Search& search) const {
  if (constraint.is_complete()) return end_;
  const std::vector<Token> forced = constraint.forced();
  if (!forced.empty()) return forced.front();
  const Token best = order_->best(constraint.mask(), search.turn);
  return search.n_tries > 0 && !order_->closes(best) ? tried(constraint, best, search) : best;
}

// A character behind which something closes. Where there is none, each digit in its turn: behind zeros alone
// no multiple of 15 may follow.
Token Closing::tried(Constraint& constraint, Token best, Search& search) const {
  const std::uint32_t* mask = constraint.mask();
  std::vector<Token> allowed;
  for (const Token token : order_->characters()) {
    if ((mask[token / 32] >> (static_cast<unsigned>(token) % 32) & 1u) != 0) allowed.push_back(token);
  }
  for (const Token token : allowed) {
    if (--search.n_tries < 0) return best;
    std::unique_ptr<Constraint> behind = constraint.clone();
    behind->accept(token);
    std::size_t turn = 0;
    if (behind->is_complete() || order_->closes(order_->best(behind->mask(), turn))) return token;
  }
  const bool is_number = !allowed.empty() && allowed.size() <= kMostInNumber;
  return is_number ? allowed[search.turn % allowed.size()] : best;
}

}  // namespace electron_local
