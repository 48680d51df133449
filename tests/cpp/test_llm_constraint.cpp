// The cache of grammars, the vocabulary as a grammar sees it, and free text with grammars in it; by a grammar
// that allows one sequence of tokens.
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/error.h"
#include "check.h"
#include "llm/grammar/constraint.h"
#include "llm/grammar/grammar_vocabulary.h"
#include "llm/grammar/lazy_constraint.h"

using electron_local::Constraint;
using electron_local::ConstraintFactory;
using electron_local::DecodeError;
using electron_local::Grammar;
using electron_local::GrammarCompiler;
using electron_local::GrammarSpec;
using electron_local::GrammarToken;
using electron_local::GrammarVocabulary;
using electron_local::InvalidArgument;
using electron_local::LazyConstraint;
using electron_local::LazyOptions;
using electron_local::Token;

namespace {

constexpr Token kEnd = 0;
constexpr Token kA = 1;
constexpr Token kB = 2;
constexpr Token kOpen = 3;      // "<c>", special
constexpr Token kLess = 4;      // "<"
constexpr Token kC = 5;         // "c"
constexpr Token kGreater = 6;   // ">"
constexpr Token kGreaterA = 7;  // ">a"
constexpr Token kAb = 8;        // "ab"
constexpr Token kBlank = 9;
constexpr Token kUnused = 10;
constexpr Token kByteOne = 11;

std::vector<GrammarToken> tokens() {
  return {{"<end>", true}, {"a", false},  {"b", false},  {"<c>", true}, {"<", false}, {"c", false},
          {">", false},    {">a", false}, {"ab", false}, {" ", false},  {"", false},  {"\x01", false}};
}

// One token a character, no blank in front.
std::vector<Token> tokenize_characters(const std::string& text) {
  std::vector<Token> out;
  for (const char c : text) {
    for (Token token = 0; token < static_cast<Token>(tokens().size()); ++token) {
      if (tokens()[static_cast<std::size_t>(token)].bytes == std::string(1, c)) out.push_back(token);
    }
  }
  return out;
}

std::shared_ptr<const GrammarVocabulary> vocabulary() {
  return std::make_shared<const GrammarVocabulary>(tokens(), std::vector<Token>{kEnd}, tokenize_characters);
}

// Allows `sequence`, then the end.
class FakeConstraint final : public Constraint {
 public:
  explicit FakeConstraint(std::vector<Token> sequence) : sequence_(std::move(sequence)) {}

  bool allows(Token token) override { return token == (is_finished() ? kEnd : sequence_[n_]); }
  void accept(Token token) override {
    if (!allows(token)) throw DecodeError("not allowed");
    ++n_;
  }
  const std::uint32_t* mask() override {
    mask_ = 1u << (is_finished() ? kEnd : sequence_[n_]);
    return &mask_;
  }
  std::vector<Token> forced() override {
    return {sequence_.begin() + static_cast<std::ptrdiff_t>(n_), sequence_.end()};
  }
  bool is_complete() const override { return is_finished(); }
  bool is_finished() const override { return n_ >= sequence_.size(); }
  std::unique_ptr<Constraint> clone() const override { return std::make_unique<FakeConstraint>(*this); }

 private:
  std::vector<Token> sequence_;
  std::size_t n_ = 0;
  std::uint32_t mask_ = 0;
};

class FakeGrammar final : public Grammar {
 public:
  std::unique_ptr<Constraint> start() override {
    return std::make_unique<FakeConstraint>(std::vector<Token>{kA, kB});
  }
};

class FakeCompiler final : public GrammarCompiler {
 public:
  std::shared_ptr<Grammar> compile(const GrammarSpec& spec) override {
    if (spec.text == "bad") throw InvalidArgument("bad at $.a");
    ++n_compiled;
    return std::make_shared<FakeGrammar>();
  }
  int n_compiled = 0;
};

GrammarSpec schema(std::string text) { return {GrammarSpec::Kind::kJsonSchema, std::move(text)}; }

void test_grammars_are_compiled_once() {
  auto compiler = std::make_shared<FakeCompiler>();
  ConstraintFactory factory(compiler);
  auto first = factory.make(schema("x"));
  auto second = factory.make(schema("x"));
  first->accept(kA);
  CHECK(second->allows(kA) && !second->allows(kB) && first->allows(kB));
  factory.make({GrammarSpec::Kind::kRegex, "x"});
  CHECK_EQUAL(compiler->n_compiled, 2);
  CHECK_EQUAL(factory.stats().n_asked, 3u);
  CHECK_EQUAL(factory.stats().n_compiled, 2u);
}

void test_least_recently_used_grammars_go() {
  auto compiler = std::make_shared<FakeCompiler>();
  ConstraintFactory factory(compiler, 2, 100);
  for (const char* text : {"x", "y", "x", "z", "x"}) factory.make(schema(text));
  CHECK_EQUAL(compiler->n_compiled, 3);
  factory.make(schema("y"));
  CHECK_EQUAL(compiler->n_compiled, 4);
  CHECK_EQUAL(factory.stats().n_grammars, 2u);
  factory.make(schema(std::string(200, 'l')));
  CHECK_EQUAL(factory.stats().n_grammars, 1u);
}

void test_a_refused_grammar_is_not_kept() {
  ConstraintFactory factory(std::make_shared<FakeCompiler>());
  CHECK_THROWS(factory.make(schema("bad")), InvalidArgument);
  CHECK_EQUAL(factory.stats().n_grammars, 0u);
}

void test_threads_share_a_factory() {
  ConstraintFactory factory(std::make_shared<FakeCompiler>(), 1);
  const auto work = [&factory](const char* text) {
    for (int i = 0; i < 200; ++i) factory.make(schema(text));
  };
  std::thread one(work, "x");
  std::thread two(work, "y");
  one.join();
  two.join();
  CHECK_EQUAL(factory.stats().n_asked, 400u);
  CHECK_EQUAL(factory.stats().n_grammars, 1u);
}

void test_a_tokenizer_that_changes_text_is_not_believed() {
  const auto spells_special = [](const std::string& text) {
    return text == "<c>" ? std::vector<Token>{kOpen} : tokenize_characters(text);
  };
  const GrammarVocabulary v(tokens(), {kEnd}, spells_special);
  CHECK(v.tokenize("<c>") == (std::vector<Token>{kLess, kC, kGreater}));
  CHECK(v.tokenize("ab") == (std::vector<Token>{kA, kB}));
  const GrammarVocabulary deaf(tokens(), {kEnd}, [](const std::string&) { return std::vector<Token>{}; });
  CHECK(deaf.tokenize("ab>a") == (std::vector<Token>{kAb, kGreaterA}));
  CHECK(deaf.tokenize("a?") == (std::vector<Token>{kA}));
}

void test_a_blank_that_the_tokenizer_adds_is_taken_off() {
  const auto adds_blank = [](const std::string& text) { return tokenize_characters(" " + text); };
  const GrammarVocabulary v(tokens(), {kEnd}, adds_blank);
  CHECK(v.tokenize("a b") == (std::vector<Token>{kA, kBlank, kB}));
}

void test_vocabularies_without_an_end_are_refused() {
  CHECK_THROWS(GrammarVocabulary(tokens(), {}, tokenize_characters), InvalidArgument);
  CHECK_THROWS(GrammarVocabulary(tokens(), {99}, tokenize_characters), InvalidArgument);
}

LazyConstraint lazy(const std::string& marker, int n_least, int n_most) {
  return LazyConstraint(vocabulary(), LazyOptions{marker, n_least, n_most}, [] {
    return std::make_unique<FakeConstraint>(std::vector<Token>{kA, kB});
  });
}

bool bit(const std::uint32_t* mask, Token token) { return ((mask[0] >> token) & 1u) != 0; }

void test_text_is_free_until_the_marker() {
  LazyConstraint c = lazy("<c>", 0, 1);
  for (const Token token : {kB, kLess, kA, kLess, kC}) {
    CHECK(c.allows(token) && c.allows(kEnd) && c.forced().empty());
    c.accept(token);
  }
  CHECK(!c.allows(kGreaterA));
  CHECK(bit(c.mask(), kGreater) && !bit(c.mask(), kGreaterA) && bit(c.mask(), kEnd) &&
        !bit(c.mask(), kUnused));
  CHECK_THROWS(c.accept(kGreaterA), DecodeError);
  c.accept(kGreater);
  CHECK(c.forced() == (std::vector<Token>{kA, kB}));
  CHECK(!c.is_complete() && !c.allows(kEnd) && !c.allows(kB));
  c.accept(kA);
  c.accept(kB);
  CHECK(c.is_finished() && c.allows(kEnd) && !c.allows(kA) && bit(c.mask(), kEnd) && !bit(c.mask(), kA));
  c.accept(kEnd);
  CHECK(c.is_finished() && !c.allows(kEnd));
}

void test_runs_repeat_without_a_limit() {
  LazyConstraint c = lazy("<c>", 0, 0);
  for (const Token token : {kOpen, kA, kB, kBlank, kOpen, kA, kB}) c.accept(token);
  CHECK(c.is_complete() && !c.is_finished());
}

void test_an_answer_that_owes_a_run_goes_on_with_the_marker() {
  LazyConstraint c = lazy("<c>", 1, 0);
  c.accept(kB);
  CHECK(!c.allows(kEnd) && c.allows(kA));
  CHECK(bit(c.mask(), kOpen) && !bit(c.mask(), kEnd) && !bit(c.mask(), kA));
  c.accept(kOpen);
  c.accept(kA);
  c.accept(kB);
  CHECK(c.is_complete());
}

void test_a_marker_of_several_tokens_is_forced_once_begun() {
  LazyConstraint c = lazy("<a", 1, 0);
  CHECK(bit(c.mask(), kLess) && !bit(c.mask(), kA));
  c.accept(kLess);
  CHECK(c.forced() == (std::vector<Token>{kA}));
  c.accept(kA);
  CHECK(c.allows(kA) && !c.allows(kB));
}

void test_a_marker_is_found_in_text_or_refused() {
  auto spelled = lazy("<c>", 0, 0);
  for (const Token token : {kLess, kC, kGreater}) spelled.accept(token);  // not the special token
  CHECK(spelled.allows(kA) && !spelled.allows(kB));
  CHECK(lazy("<x>", 0, 0).allows(kA));  // never comes: nothing is constrained
  CHECK_THROWS(lazy("<x>", 1, 0), InvalidArgument);
}

LazyConstraint spanned(bool is_in_span) {
  return LazyConstraint(vocabulary(), LazyOptions{"<c>", 0, 1, "ab", "a>", is_in_span}, [] {
    return std::make_unique<FakeConstraint>(std::vector<Token>{kA, kB});
  });
}

bool starts_grammar(LazyConstraint c, const std::vector<Token>& before) {
  for (const Token token : before) c.accept(token);
  c.accept(kOpen);
  return !c.forced().empty();
}

void test_a_marker_in_the_span_is_text() {
  CHECK(!starts_grammar(spanned(true), {}));
  CHECK(!starts_grammar(spanned(true), {kB, kOpen, kA}));
  CHECK(starts_grammar(spanned(true), {kB, kOpen, kA, kGreater}));
  CHECK(!starts_grammar(spanned(false), {kAb}));
  CHECK(!starts_grammar(spanned(false), {kBlank, kA, kB, kOpen}));
  CHECK(starts_grammar(spanned(false), {kA, kB, kA, kGreater}));
  CHECK(starts_grammar(spanned(false), {}));
  CHECK(starts_grammar(spanned(false), {kA}));
  CHECK(starts_grammar(spanned(false), {kB, kAb}));
  CHECK(starts_grammar(spanned(false), {kA, kB, kA, kGreater, kAb}));
  LazyConstraint c = spanned(true);
  c.accept(kA);
  CHECK(c.allows(kGreaterA) && c.allows(kEnd) && bit(c.mask(), kGreaterA));
  CHECK(!starts_grammar(std::move(c), {}));
}

void test_half_a_span_throws() {
  const auto start = [] { return std::make_unique<FakeConstraint>(std::vector<Token>{kA}); };
  CHECK_THROWS(LazyConstraint(vocabulary(), LazyOptions{"<c>", 0, 0, "ab", "", false}, start),
               InvalidArgument);
}

void test_an_empty_marker_throws() { CHECK_THROWS(lazy("", 0, 0), InvalidArgument); }

}  // namespace

int main() {
  test_grammars_are_compiled_once();
  test_least_recently_used_grammars_go();
  test_a_refused_grammar_is_not_kept();
  test_threads_share_a_factory();
  test_a_tokenizer_that_changes_text_is_not_believed();
  test_a_blank_that_the_tokenizer_adds_is_taken_off();
  test_vocabularies_without_an_end_are_refused();
  test_text_is_free_until_the_marker();
  test_runs_repeat_without_a_limit();
  test_an_answer_that_owes_a_run_goes_on_with_the_marker();
  test_a_marker_of_several_tokens_is_forced_once_begun();
  test_a_marker_is_found_in_text_or_refused();
  test_a_marker_in_the_span_is_text();
  test_half_a_span_throws();
  test_an_empty_marker_throws();
  return electron_local_test::n_failures;
}
