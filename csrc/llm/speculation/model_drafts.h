// Guesses of a smaller model with the same vocabulary.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "llm/batch_decoder.h"
#include "llm/speculation/draft_record.h"
#include "llm/speculation/speculator.h"
#include "llm/types.h"

namespace electron_local {

// The small model's memory, shared by all requests: it follows whichever asks, and evaluates again what two
// of them do not have in common. A long text is read a part at a time, so that nobody waits long for it:
// until it is read, nothing is guessed, for the others neither. `decoder` must outlive it and be trimmable.
// Decode thread only.
class DraftModel {
 public:
  DraftModel(BatchDecoder& decoder, int n_vocab) : decoder_(decoder), n_vocab_(n_vocab) {}

  // The likeliest `n_most` tokens behind `tokens`, one after the other; fewer where the context ends, none
  // while a text is still being read: that of `reader`, or another's.
  std::vector<Token> continue_greedily(const std::vector<Token>& tokens, int n_most, const void* reader);

  // `reader` will not ask again.
  void forget(const void* reader) {
    if (reader_ == reader) reader_ = nullptr;
  }

  // Of all requests.
  DraftRecord& record() { return record_; }

 private:
  int n_common(const std::vector<Token>& tokens) const;
  bool evaluate(const std::vector<Token>& tokens, const void* reader);

  BatchDecoder& decoder_;
  const int n_vocab_;
  std::vector<Token> held_;       // what stands in memory
  const void* reader_ = nullptr;  // whose text is being read
  const float* logits_ = nullptr;
  DraftRecord record_;
};

// One request's view of it.
class ModelDrafts final : public Speculator {
 public:
  explicit ModelDrafts(std::shared_ptr<DraftModel> model) : model_(std::move(model)) {}
  ~ModelDrafts() override { model_->forget(this); }
  ModelDrafts(const ModelDrafts&) = delete;
  ModelDrafts& operator=(const ModelDrafts&) = delete;

  double chance(const std::vector<Token>& tokens) override;
  std::vector<Token> propose(const std::vector<Token>& tokens, int n_most) override;
  void learn(int n_tried, int n_accepted) override;
  double seconds_a_token() const override { return seconds_; }

 private:
  const std::shared_ptr<DraftModel> model_;
  DraftRecord own_;        // while empty, that of all requests counts: reading a prompt in vain is dear
  double seconds_ = 0.0;   // of proposing one token
  double read_s_ = 0.0;    // of reading since the last proposal
  bool is_first_ = true;   // nothing was proposed yet
  bool is_trial_ = false;  // little is known, or little hoped for
};

// Prompt lookup where it is at least as sure, else the draft model.
class LookupThenModel final : public Speculator {
 public:
  LookupThenModel(std::unique_ptr<Speculator> lookup, std::unique_ptr<Speculator> model)
      : lookup_(std::move(lookup)), model_(std::move(model)), chosen_(lookup_.get()) {}

  double chance(const std::vector<Token>& tokens) override;
  std::vector<Token> propose(const std::vector<Token>& tokens, int n_most) override {
    return chosen_->propose(tokens, n_most);
  }
  void learn(int n_tried, int n_accepted) override { chosen_->learn(n_tried, n_accepted); }
  double seconds_a_token() const override { return chosen_->seconds_a_token(); }

 private:
  const std::unique_ptr<Speculator> lookup_;
  const std::unique_ptr<Speculator> model_;
  Speculator* chosen_;
};

}  // namespace electron_local
