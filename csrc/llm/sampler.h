// From logits to a token. Pure: no libllama, no clock.
#pragma once

#include <random>
#include <unordered_map>
#include <vector>

#include "llm/types.h"

namespace electron_local {

// One sequence's sampler: its random stream and the tokens it penalises.
// Order: logit bias, penalties, temperature, top-k, top-p, min-p, draw.
class Sampler {
 public:
  // Throws InvalidArgument for a value outside its range or a biased token outside the vocabulary.
  Sampler(const SamplingParams& params, int n_vocab);

  // Counts the prompt's tokens for `repeat_penalty` alone.
  void observe_prompt(const std::vector<Token>& prompt);

  // Draws from `logits` (n_vocab values) and counts the token as generated.
  Token sample(const float* logits);

 private:
  struct Candidate {
    Token token;
    float logit;
  };
  struct Occurrences {
    int n_total = 0;
    int n_generated = 0;
  };

  void fill_candidates(const float* logits);
  Token draw();

  SamplingParams params_;
  int n_vocab_;
  std::mt19937_64 random_;
  std::unordered_map<Token, Occurrences> occurrences_;
  std::vector<Candidate> candidates_;  // scratch, kept to avoid an allocation a token
  std::vector<float> weights_;         // scratch
};

}  // namespace electron_local
