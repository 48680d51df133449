// Constrained answers that end in time, by a grammar of nested brackets.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "check.h"
#include "llm/grammar/closing.h"

using electron_local::Closing;
using electron_local::ClosingOrder;
using electron_local::Constraint;
using electron_local::DecodeError;
using electron_local::GrammarToken;
using electron_local::GrammarVocabulary;
using electron_local::Token;

namespace {

constexpr Token kEnd = 0;
constexpr Token kOpen = 1;
constexpr Token kWord = 2;
constexpr Token kClose = 3;
constexpr Token kCloseTwo = 4;

const GrammarVocabulary& vocabulary() {
  static const GrammarVocabulary all(
      {{"<end>", true}, {"[", false}, {"word", false}, {"]", false}, {"]]", false}}, {kEnd},
      [](const std::string&) { return std::vector<Token>{}; });
  return all;
}

// Brackets with words between them, until all are closed; then the end must be written.
class Brackets final : public Constraint {
 public:
  bool allows(Token token) override { return (bits() >> token & 1u) != 0; }
  void accept(Token token) override {
    if (!allows(token)) throw DecodeError("not allowed");
    const int opened[] = {0, 1, 0, -1, -2};
    depth_ += opened[token];
    ended_ = token == kEnd;
    started_ = true;
  }
  const std::uint32_t* mask() override {
    mask_ = bits();
    return &mask_;
  }
  std::vector<Token> forced() override { return {}; }
  bool is_complete() const override { return started_ && depth_ == 0; }
  bool is_finished() const override { return ended_; }
  std::unique_ptr<Constraint> clone() const override { return std::make_unique<Brackets>(*this); }

 private:
  std::uint32_t bits() const {
    if (!started_) return 1u << kOpen;
    if (depth_ == 0) return 1u << kEnd;
    return 1u << kOpen | 1u << kWord | 1u << kClose | (depth_ > 1 ? 1u << kCloseTwo : 0u);
  }

  int depth_ = 0;
  bool started_ = false;
  bool ended_ = false;
  std::uint32_t mask_ = 0;
};

Closing closing() { return {std::make_shared<const ClosingOrder>(vocabulary()), kEnd}; }

// How many of `picks` (the last one again and again) were taken, and whether the answer ended within
// `n_most`.
std::pair<int, bool> write(const std::vector<Token>& picks, int n_most) {
  Brackets brackets;
  Closing its_closing = closing();
  int n_as_picked = 0;
  for (int n = 0; n < n_most; ++n) {
    Token picked = picks[std::min(static_cast<std::size_t>(n), picks.size() - 1)];
    if (!brackets.allows(picked)) picked = kEnd;
    const Token token = its_closing.steer(brackets, picked, n_most - n);
    n_as_picked += token == picked ? 1 : 0;
    brackets.accept(token);
    if (brackets.is_finished()) return {n_as_picked, true};
  }
  return {n_as_picked, false};
}

void test_answers_end_in_time_and_not_before() {
  for (int n_most = 3; n_most < 600; ++n_most) {
    const auto [n_words, ended] = write({kOpen, kWord}, n_most);
    CHECK(ended);
    CHECK_EQUAL(n_words, n_most - 1);  // all but the bracket that closes
    CHECK(write({kOpen}, n_most).second);
    CHECK(write({kOpen, kOpen, kOpen, kWord, kOpen}, n_most).second);
  }
}

void test_what_cannot_end_is_left_alone() {
  CHECK(write({kOpen, kWord}, 2) == std::make_pair(2, false));
  CHECK(write({kOpen}, 2) == std::make_pair(2, false));
}

void test_an_answer_that_ends_itself_is_left_alone() {
  CHECK(write({kOpen, kWord, kClose, kEnd}, 4) == std::make_pair(4, true));
}

void test_the_token_that_closes_most_is_best() {
  const ClosingOrder order(vocabulary());
  for (const auto& [allowed, best] : {std::make_pair(0b11110u, kCloseTwo), std::make_pair(0b01110u, kClose),
                                      std::make_pair(0b00110u, kWord), std::make_pair(0b00010u, kOpen)}) {
    const std::uint32_t mask = allowed;
    std::size_t turn = 0;
    CHECK_EQUAL(order.best(&mask, turn), best);
  }
  const std::uint32_t none = 0;
  std::size_t turn = 0;
  CHECK_EQUAL(order.best(&none, turn), -1);
}

void test_what_leaves_the_least_open_comes_first() {
  const GrammarVocabulary tokens(
      {{"<end>", true}, {"{\"", false}, {"[{", false}, {"{", false}, {" {}\n", false}}, {0},
      [](const std::string&) { return std::vector<Token>{}; });
  const ClosingOrder order(tokens);
  const std::pair<std::uint32_t, Token> cases[] = {{0b11110u, 4}, {0b01110u, 3}, {0b00110u, 1}};
  for (const auto& [allowed, best] : cases) {
    std::size_t turn = 0;
    CHECK_EQUAL(order.best(&allowed, turn), best);
    CHECK(!order.closes(best));
  }
}

// Two names, one of which is only a little longer than what may come: it is not exchanged for the other.
class Names final : public Constraint {
 public:
  bool allows(Token token) override { return (bits() >> token & 1u) != 0; }
  void accept(Token token) override {
    if (!allows(token)) throw DecodeError("not allowed");
    if (n_words_ == 0) n_needed_ = token == kWord ? 12 : 2;
    ++n_words_;
  }
  const std::uint32_t* mask() override {
    mask_ = bits();
    return &mask_;
  }
  std::vector<Token> forced() override { return {}; }
  bool is_complete() const override { return n_words_ > 0 && n_words_ == n_needed_; }
  bool is_finished() const override { return is_complete(); }
  std::unique_ptr<Constraint> clone() const override { return std::make_unique<Names>(*this); }

 private:
  std::uint32_t bits() const {
    if (n_words_ == 0) return 1u << kOpen | 1u << kWord;
    return n_needed_ - n_words_ > 1 ? 1u << kWord : 1u << kClose;
  }

  int n_words_ = 0;
  int n_needed_ = 0;
  std::uint32_t mask_ = 0;
};

void test_a_name_is_never_exchanged_for_another() {
  for (const Token name : {kOpen, kWord}) {
    for (int n_left = 1; n_left < 300; ++n_left) {
      Names names;
      Closing its_closing(std::make_shared<const ClosingOrder>(vocabulary()), kEnd, 1);
      CHECK_EQUAL(its_closing.steer(names, name, n_left), name);
    }
  }
}

// A multiple in brackets: behind it alone the bracket may close.
class Multiple final : public Constraint {
 public:
  explicit Multiple(int divisor) : divisor_(divisor) {}

  static constexpr Token kBracket = 10;
  static constexpr Token kEndToken = 11;

  static const GrammarVocabulary& vocabulary() {
    static const GrammarVocabulary all({{"0", false},
                                        {"1", false},
                                        {"2", false},
                                        {"3", false},
                                        {"4", false},
                                        {"5", false},
                                        {"6", false},
                                        {"7", false},
                                        {"8", false},
                                        {"9", false},
                                        {"}", false},
                                        {"<end>", true}},
                                       {kEndToken}, [](const std::string&) { return std::vector<Token>{}; });
    return all;
  }

  bool allows(Token token) override { return (bits() >> token & 1u) != 0; }
  void accept(Token token) override {
    if (!allows(token)) throw DecodeError("not allowed");
    if (token < kBracket) rest_ = (10 * rest_ + token) % divisor_;
    is_closed_ = is_closed_ || token == kBracket;
    has_digits_ = true;
  }
  const std::uint32_t* mask() override {
    mask_ = bits();
    return &mask_;
  }
  std::vector<Token> forced() override { return {}; }
  bool is_complete() const override { return is_closed_; }
  bool is_finished() const override { return is_closed_; }
  std::unique_ptr<Constraint> clone() const override { return std::make_unique<Multiple>(*this); }

 private:
  std::uint32_t bits() const {
    if (is_closed_) return 1u << kEndToken;
    return 1023u | (has_digits_ && rest_ == 0 ? 1u << kBracket : 0u);
  }

  int divisor_;
  int rest_ = 0;
  bool has_digits_ = false;
  bool is_closed_ = false;
  std::uint32_t mask_ = 0;
};

void test_what_only_some_characters_end_ends_in_time() {
  for (int n_most = 40; n_most < 300; ++n_most) {
    Multiple multiple(n_most % 2 == 0 ? 15 : 12);
    Closing its_closing(std::make_shared<const ClosingOrder>(Multiple::vocabulary()), Multiple::kEndToken);
    int n = 0;
    for (; n < n_most && !multiple.is_finished(); ++n)
      multiple.accept(its_closing.steer(multiple, n == 0 ? 4 : 1, n_most - n));
    CHECK(multiple.is_finished());
    CHECK(n >= n_most - 36);  // not long before
  }
}

}  // namespace

int main() {
  test_answers_end_in_time_and_not_before();
  test_what_cannot_end_is_left_alone();
  test_an_answer_that_ends_itself_is_left_alone();
  test_the_token_that_closes_most_is_best();
  test_what_leaves_the_least_open_comes_first();
  test_a_name_is_never_exchanged_for_another();
  test_what_only_some_characters_end_ends_in_time();
  return electron_local_test::n_failures;
}
