// Ends a constrained answer in time: where the tokens left only just suffice for what the grammar still
// wants, they go there.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include "llm/grammar/closing_order.h"
#include "llm/grammar/constraint.h"

namespace electron_local {

// One answer's. The shortest way to the end is estimated by trying one on a copy of the constraint: now and
// then at first, more often the nearer the limit comes. Where the tokens' bytes alone lead to no end, as in a
// multiple of 15 or a text whose pattern asks for a last character, each character is tried. A way that is
// longer than what is left from the start changes nothing. Decode thread only.
class Closing {
 public:
  // `n_name`: how many picked tokens at the start of the grammar, and again behind free text, may be a tool's
  // name: none of them is exchanged for a shorter one.
  Closing(std::shared_ptr<const ClosingOrder> order, Token end, int n_name = 0)
      : order_(std::move(order)), end_(end), n_name_(n_name) {}

  // What to take instead of `picked`, which the constraint allows: `picked` itself as long as the answer can
  // still end behind it. `n_left`: tokens that the answer may still have, this one included.
  Token steer(Constraint& constraint, Token picked, int n_left);

  static constexpr int kFirstLook = 256;  // tokens left when the first try is made

 private:
  // A way so far: whose turn it is in the order, which digit's, and how many characters may still be tried.
  struct Search {
    std::size_t turn = 0;
    std::size_t digit = 0;
    int n_tries = 0;
  };

  bool is_choice(Constraint& constraint, Token picked);
  std::optional<int> n_to_end(const Constraint& constraint, int n_most);
  std::optional<int> n_to_end(std::unique_ptr<Constraint> copy, int n_most, Search& search);
  Token next(Constraint& constraint, Search& search);
  Token tried(Constraint& constraint, Token best, Search& search);
  bool closes_behind(const Constraint& constraint, Token token) const;

  std::shared_ptr<const ClosingOrder> order_;
  Token end_;  // of the generation
  int n_name_;
  int n_in_run_ = 0;              // picked since the grammar rules
  int n_next_look_ = kFirstLook;  // tokens left when the next try is due
  bool is_closing_ = false;
  Search search_;            // that found the last way
  int n_tries_left_ = 1000;  // of characters in this answer: each takes up to a millisecond
  int n_searches_left_ = 6;  // that may fail
  Token last_found_ = -1;    // character behind which something closed
};

}  // namespace electron_local
