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

  // Draws from `logits` (n_vocab values). With `mask`, only from tokens whose bit is set (bit i % 32 of word
  // i / 32; at least one is). Without top-k, top-p and min-p, masking only after a refusal draws the same
  // tokens as often as masking at once. `bias` counts beside the parameters' own.
  Token pick(const float* logits, const std::uint32_t* mask = nullptr, const LogitBias& bias = {});

  // Whether unlikely tokens are cut off before the draw.
  bool truncates() const;

  const SamplingParams& params() const { return params_; }
  int n_vocab() const { return n_vocab_; }

  // Counts a generated token, picked or not.
  void accept(Token token);

 private:
  struct Candidate {
    Token token;
    float weight;
  };
  struct Occurrences {
    int n_total = 0;
    int n_generated = 0;
  };

  const float* adjusted(const float* logits, const std::uint32_t* mask, const LogitBias& bias);
  void gather_strongest(double total);
  Token draw_truncated(double total);

  SamplingParams params_;
  int n_vocab_;
  std::mt19937_64 random_;
  std::unordered_map<Token, Occurrences> occurrences_;
  // Scratch, kept to avoid allocations a token.
  std::vector<float> logits_;
  std::vector<float> weights_;  // relative probabilities, the best token's is 1
  std::vector<double> block_sums_;
  std::vector<Candidate> candidates_;
};

}  // namespace electron_local
