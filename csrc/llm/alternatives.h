// A second look where an answer may go several ways: each way is asked about alone.
#pragma once

#include <cstddef>
#include <limits>
#include <memory>
#include <vector>

#include "llm/generation.h"
#include "llm/types.h"

namespace electron_local {

// One answer's ways, from its start or from their first token (the first of its kind in the answer) to where
// one is chosen. At a fork, the model has read all of them beside each other; where that leaves it in doubt,
// those that are still open become questions, which other requests answer. A small model judges each way for
// itself more surely than it finds the best of several. A question that fails changes nothing. Decode thread
// only.
class Alternatives {
 public:
  // Throws InvalidArgument for an empty way, and for ways that must begin with the same token and do not.
  explicit Alternatives(AlternativesSpec spec);

  // The answer went on with `token`.
  void accept(Token token);

  // What to add to `logits`, which stand behind the tokens accepted so far, so that the answer goes one of
  // the ways. Empty where none is preferred, and where questions must be answered first: `is_asking` then.
  LogitBias weigh(const float* logits, int n_vocab);

  bool is_asking() const { return is_asking_; }

  // While `is_asking`: the open ways that nobody was asked about, and where the answer of one will come. What
  // is expected of all of them is waited for, until `has_answers`.
  std::vector<std::size_t> unasked() const;
  const std::vector<Token>& question(std::size_t way) const { return spec_.ways[way].question; }
  Token asked_token() const { return spec_.asked; }
  void expect(std::size_t way, std::shared_ptr<Generation> answer);

  // Whether all that was asked has been answered, well or badly.
  bool has_answers() const;

  // Nobody waits for the answers any more.
  void cancel_questions();

 private:
  enum class Stage { kBefore, kOpen, kOver };

  // What is known of a way.
  struct Verdict {
    bool was_asked = false;
    std::shared_ptr<Generation> answer;                        // not read yet; may be none
    float log_odds = std::numeric_limits<float>::quiet_NaN();  // that it is good; NaN: not known
  };

  struct Branch {
    Token token;
    std::vector<std::size_t> ways;
  };

  std::vector<Branch> fork() const;
  bool is_in_doubt(const std::vector<Branch>& branches, const float* logits, int n_vocab) const;
  void read_answers();
  float read_log_odds(Generation& answer) const;

  AlternativesSpec spec_;
  std::vector<Verdict> verdicts_;  // one a way
  Stage stage_ = Stage::kBefore;
  std::vector<std::size_t> open_;  // ways that begin as the answer does behind their first token
  std::size_t n_along_ = 0;        // tokens of them
  bool is_asking_ = false;
};

}  // namespace electron_local
