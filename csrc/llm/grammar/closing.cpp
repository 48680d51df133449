#include "llm/grammar/closing.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/error.h"

namespace electron_local {
namespace {

constexpr int kMargin = 32;    // tokens by which one step, or a few, may lengthen the way to the end
constexpr int kTries = 100;    // of characters on a way: all of a text once, the digits of a number ten times
constexpr int kFirstTry = 64;  // tokens left when they are tried
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
bool Closing::is_choice(Constraint& constraint, Token picked) {
  Search search;
  const Token token = next(constraint, search);
  if (token < 0 || token == end_ || order_->closes(token)) return false;
  return is_set(constraint.mask(), picked);
}

// Tokens of the way to the end, that of the end itself included where one is needed; none: more than
// `n_most`.
std::optional<int> Closing::n_to_end(const Constraint& constraint, int n_most) {
  search_ = {};
  Search plain;
  if (const std::optional<int> n = n_to_end(constraint.clone(), n_most, plain)) return n;
  if (n_most > kFirstTry || n_searches_left_ == 0 || n_tries_left_ == 0) return std::nullopt;
  search_.n_tries = std::min(kTries, n_tries_left_);
  Search trying = search_;
  const std::optional<int> n = n_to_end(constraint.clone(), n_most, trying);
  n_tries_left_ -= search_.n_tries - trying.n_tries;
  if (!n) {
    search_ = {};
    --n_searches_left_;
  }
  return n;
}

std::optional<int> Closing::n_to_end(std::unique_ptr<Constraint> copy, int n_most, Search& search) {
  try {
    for (int n = 0; n <= n_most; ++n) {
      if (copy->is_finished()) return n;
      const Token token = next(*copy, search);
      if (token < 0) return std::nullopt;
      copy->accept(token);
    }
  } catch (const Error&) {  // a way that the answer need not go is too ambiguous to follow
    return std::nullopt;
  }
  return std::nullopt;
}

Token Closing::next(Constraint& constraint, Search& search) {
  if (constraint.is_complete()) return end_;
  const std::vector<Token> forced = constraint.forced();
  if (!forced.empty()) return forced.front();
  const Token best = order_->best(constraint.mask(), search.turn);
  return search.n_tries > 0 && !order_->closes(best) ? tried(constraint, best, search) : best;
}

// A character behind which something closes. Where there is none, each digit in its turn: behind zeros alone
// no multiple of 15 may follow.
Token Closing::tried(Constraint& constraint, Token best, Search& search) {
  const std::uint32_t* mask = constraint.mask();
  std::vector<Token> allowed;
  for (const Token token : order_->characters()) {
    if (is_set(mask, token)) allowed.push_back(token);
  }
  const auto last_found = std::find(allowed.begin(), allowed.end(), last_found_);
  if (last_found != allowed.end()) std::iter_swap(allowed.begin(), last_found);
  for (const Token token : allowed) {
    if (search.n_tries == 0) return best;
    --search.n_tries;
    if (closes_behind(constraint, token)) return last_found_ = token;
  }
  const bool is_number = !allowed.empty() && allowed.size() <= kMostInNumber;
  return is_number ? allowed[search.digit++ % allowed.size()] : best;
}

bool Closing::closes_behind(const Constraint& constraint, Token token) const {
  try {
    const std::unique_ptr<Constraint> behind = constraint.clone();
    behind->accept(token);
    std::size_t turn = 0;
    return behind->is_complete() || order_->closes(order_->best(behind->mask(), turn));
  } catch (const Error&) {  // too ambiguous to follow
    return false;
  }
}

}  // namespace electron_local
