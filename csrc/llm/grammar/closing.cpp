#include "llm/grammar/closing.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace electron_local {
namespace {

constexpr int kMargin = 32;  // tokens by which one step, or a few, may lengthen the way to the end

}  // namespace

Token Closing::steer(Constraint& constraint, Token picked, int n_left) {
  if (is_closing_) return next(constraint, turn_);
  if (constraint.is_free()) {
    n_in_run_ = 0;
    return picked;
  }
  const bool is_name = n_in_run_++ < n_name_;
  if (n_left > n_next_look_) return picked;
  std::unique_ptr<Constraint> behind = constraint.clone();
  behind->accept(picked);
  if (const std::optional<int> n = n_to_end(std::move(behind), n_left - 1)) {
    n_next_look_ = n_left - std::max(1, (n_left - 1 - *n - kMargin) / 4);
    return picked;
  }
  // Behind `picked` no way is found. Where enough is left that is rather the estimate's fault.
  const std::optional<int> n_here = n_to_end(constraint.clone(), n_left);
  const int n_spare = n_here ? n_left - *n_here - kMargin : n_left;
  if (n_spare > 0 || (is_name && is_choice(constraint, picked))) {
    n_next_look_ = n_left - std::max(1, n_spare / 4);
    return picked;
  }
  is_closing_ = true;
  return next(constraint, turn_);
}

// Whether the way closes nothing here and goes by another token than `picked` only because it is shorter.
bool Closing::is_choice(Constraint& constraint, Token picked) const {
  std::size_t turn = 0;
  const Token token = next(constraint, turn);
  if (token < 0 || token == end_ || order_->closes(token)) return false;
  return (constraint.mask()[picked / 32] >> (static_cast<unsigned>(picked) % 32) & 1u) != 0;
}

// Tokens of the way to the end, that of the end itself included where one is needed; none: more than
// `n_most`.
std::optional<int> Closing::n_to_end(std::unique_ptr<Constraint> copy, int n_most) const {
  std::size_t turn = 0;
  for (int n = 0; n <= n_most; ++n) {
    if (copy->is_finished()) return n;
    const Token token = next(*copy, turn);
    if (token < 0) return std::nullopt;
    copy->accept(token);
  }
  return std::nullopt;
}

Token Closing::next(Constraint& constraint, std::size_t& turn) const {
  if (constraint.is_complete()) return end_;
  const std::vector<Token> forced = constraint.forced();
  return forced.empty() ? order_->best(constraint.mask(), turn) : forced.front();
}

}  // namespace electron_local
