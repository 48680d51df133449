// Free text until a marker, then a grammar: tool calls.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "llm/grammar/constraint.h"
#include "llm/grammar/grammar_vocabulary.h"

namespace electron_local {

struct LazyOptions {
  std::string marker;  // its bytes may be one token or several; the grammar begins behind it
  int n_least = 0;     // runs of the grammar before the answer may end
  int n_most = 0;      // runs before it must end; 0: no limit
  // A span that the answer may begin with, in which the marker is only text. Empty: none.
  std::string span_open = {};
  std::string span_close = {};
  bool is_in_span = false;  // what comes before the answer has opened it
};

// Nothing is constrained but that a marker must end a token. Behind it the grammar rules until it is
// finished; then the text is free again. An answer that would end before `n_least` runs goes on with the
// marker.
class LazyConstraint final : public Constraint {
 public:
  // `start` makes a fresh state of the grammar, which must come to an end that nothing can follow.
  // The marker is found in the text, whatever tokens it comes in. Throws InvalidArgument when it is empty, or
  // when it must come and the vocabulary cannot spell it.
  LazyConstraint(std::shared_ptr<const GrammarVocabulary> vocabulary, LazyOptions options,
                 std::function<std::unique_ptr<Constraint>()> start);

  bool allows(Token token) override;
  void accept(Token token) override;
  const std::uint32_t* mask() override;
  std::vector<Token> forced() override;
  bool is_complete() const override;
  bool is_finished() const override;
  bool is_free() const override { return !state_.grammar && !owes_run(); }
  std::unique_ptr<Constraint> clone() const override;

 private:
  enum class Span { kMayBegin, kInside, kOver };

  struct State {
    Span span = Span::kOver;
    std::string beginning;                // of the text, while the span may begin
    std::shared_ptr<Constraint> grammar;  // rules now; null: free text
    std::string tail;  // of the free text, shorter than the marker; in the span, than its end
    int n_runs = 0;
    std::size_t n_marker = 0;  // tokens of a marker that was begun because the answer wanted to end
    bool ended = false;
  };

  std::string joined(Token token) const;
  bool owes_run() const { return state_.n_runs < options_.n_least; }
  bool may_begin_marker() const;
  void accept_free(Token token);
  void accept_in_span(Token token);
  void look_for_span(const std::string& bytes);

  std::shared_ptr<const GrammarVocabulary> vocabulary_;
  LazyOptions options_;
  std::function<std::unique_ptr<Constraint>()> start_;
  std::vector<Token> marker_tokens_;
  std::vector<std::uint32_t> mask_;
  bool offered_marker_ = false;  // by the last mask
  State state_;
};

}  // namespace electron_local
