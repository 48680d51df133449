#include "llm/speculation/model_drafts.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/error.h"
#include "llm/logit_kernels.h"

namespace electron_local {
namespace {

constexpr SequenceId kOnly = 0;
constexpr double kNewer = 0.2;
constexpr int kMostTried = 3;   // tokens of a proposal that is a trial
constexpr int kMostRead = 128;  // tokens at a time, for which a decode step, and a cancel, waits

}  // namespace

int DraftModel::n_common(const std::vector<Token>& tokens) const {
  const auto n = static_cast<std::ptrdiff_t>(std::min(held_.size(), tokens.size()));
  return static_cast<int>(std::mismatch(held_.begin(), held_.begin() + n, tokens.begin()).first -
                          held_.begin());
}

// False: no room, or there is more to read.
bool DraftModel::evaluate(const std::vector<Token>& tokens, const void* reader) {
  const int n_tokens = static_cast<int>(tokens.size());
  const int n_kept = decoder_.trim(kOnly, std::min(n_common(tokens), n_tokens - 1));
  held_.resize(static_cast<std::size_t>(n_kept));
  int n_last = 0;
  for (int first = n_kept; first < n_tokens; first += n_last) {
    if (first - n_kept >= kMostRead) {
      reader_ = reader;
      return false;
    }
    n_last = std::min({decoder_.n_batch(), kMostRead, n_tokens - first});
    if (decoder_.decode({{kOnly, &tokens, first, n_last}}, nullptr) != DecodeResult::kOk) return false;
    held_.insert(held_.end(), tokens.begin() + first, tokens.begin() + first + n_last);
  }
  logits_ = decoder_.logits(n_last - 1);
  return true;
}

std::vector<Token> DraftModel::continue_greedily(const std::vector<Token>& tokens, int n_most,
                                                 const void* reader) {
  std::vector<Token> out;
  if (reader_ != nullptr && reader_ != reader) return out;
  reader_ = nullptr;
  std::vector<Token> text = tokens;
  while (static_cast<int>(out.size()) < n_most && static_cast<int>(text.size()) <= decoder_.n_ctx() &&
         evaluate(text, reader)) {
    out.push_back(argmax(logits_, n_vocab_));
    text.push_back(out.back());
  }
  return out;
}

double ModelDrafts::chance(const std::vector<Token>&) {
  const double of_all = model_->record().chance();  // it counts the steps of all
  const double chance = own_.is_empty() ? of_all : own_.chance();
  is_trial_ = own_.is_empty() ? model_->record().is_trial() : own_.is_trial();
  return chance;
}

std::vector<Token> ModelDrafts::propose(const std::vector<Token>& tokens, int n_most) {
  // The first proposal reads the prompt. Later ones that read much again, because another request asked in
  // between, are what they cost.
  const auto begin = std::chrono::steady_clock::now();
  std::vector<Token> out =
      model_->continue_greedily(tokens, is_trial_ ? std::min(n_most, kMostTried) : n_most, this);
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
  read_s_ += elapsed.count();
  if (out.empty()) return out;
  const double seconds = std::exchange(read_s_, 0.0) / static_cast<double>(out.size());
  if (!std::exchange(is_first_, false)) {
    seconds_ = seconds_ == 0.0 ? seconds : seconds_ + kNewer * (seconds - seconds_);
  }
  return out;
}

void ModelDrafts::learn(int n_tried, int n_accepted) {
  const bool is_first = own_.is_empty();
  own_.learn(n_tried, n_accepted);
  model_->record().learn(n_tried, n_accepted);
  if (is_first) own_.be_as_patient_as(model_->record());
}

double LookupThenModel::chance(const std::vector<Token>& tokens) {
  const double by_lookup = lookup_->chance(tokens);
  const double by_model = model_->chance(tokens);
  chosen_ = by_lookup >= by_model ? lookup_.get() : model_.get();
  return std::max(by_lookup, by_model);
}

}  // namespace electron_local
