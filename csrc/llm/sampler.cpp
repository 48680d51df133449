#include "llm/sampler.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace electron_local {
namespace {

void check_range(const char* name, double value, double low, double high) {
  if (value >= low && value <= high) return;  // false for NaN too
  throw InvalidArgument(std::string(name) + " must be between " + std::to_string(low) + " and " +
                        std::to_string(high) + ", got " + std::to_string(value));
}

void check(const SamplingParams& params, int n_vocab) {
  check_range("temperature", params.temperature, 0.0, 100.0);
  check_range("top_p", params.top_p, 0.0, 1.0);
  check_range("top_k", params.top_k, 0, n_vocab);
  check_range("min_p", params.min_p, 0.0, 1.0);
  check_range("top_logprobs", params.top_logprobs, 0, n_vocab);
  check_range("presence_penalty", params.presence_penalty, -2.0, 2.0);
  check_range("frequency_penalty", params.frequency_penalty, -2.0, 2.0);
  check_range("repeat_penalty", params.repeat_penalty, 0.01, 100.0);
  if (params.max_tokens && *params.max_tokens < 1) {
    throw InvalidArgument("max_tokens must be at least 1, got " + std::to_string(*params.max_tokens));
  }
  for (const std::string& stop : params.stop) {
    if (stop.empty()) throw InvalidArgument("stop must not hold an empty string");
  }
  for (const auto& [token, bias] : params.logit_bias) {
    check_range("logit_bias", bias, -100.0, 100.0);
    if (token < 0 || token >= n_vocab) {
      throw InvalidArgument("logit_bias names token " + std::to_string(token) + "; the vocabulary has " +
                            std::to_string(n_vocab));
    }
  }
}

// Shortens `weights` (strongest first) to the fewest that reach `mass`; returns their sum.
double keep_nucleus(std::vector<float>& weights, double mass) {
  double sum = 0.0;
  std::size_t n = 0;
  while (n < weights.size() && (n == 0 || sum < mass)) sum += weights[n++];
  weights.resize(n);
  return sum;
}

}  // namespace

Sampler::Sampler(const SamplingParams& params, int n_vocab) : params_(params), n_vocab_(n_vocab) {
  check(params_, n_vocab_);
  random_.seed(params_.seed ? *params_.seed : std::random_device{}());
}

void Sampler::observe_prompt(const std::vector<Token>& prompt) {
  if (params_.repeat_penalty == 1.0f) return;
  for (const Token token : prompt) ++occurrences_[token].n_total;
}

Token Sampler::pick(const float* logits, const std::uint32_t* mask) {
  const bool changes_logits = !params_.logit_bias.empty() || !occurrences_.empty();
  if (params_.temperature == 0.0f && !changes_logits && mask == nullptr) {
    return static_cast<Token>(std::max_element(logits, logits + n_vocab_) - logits);
  }
  fill_candidates(logits, mask);
  return draw();
}

bool Sampler::truncates() const {
  if (params_.temperature == 0.0f) return false;
  return params_.top_k > 0 || params_.top_p < 1.0f || params_.min_p > 0.0f;
}

void Sampler::accept(Token token) {
  if (params_.repeat_penalty == 1.0f && params_.presence_penalty == 0.0f &&
      params_.frequency_penalty == 0.0f) {
    return;
  }
  Occurrences& seen = occurrences_[token];
  ++seen.n_total;
  ++seen.n_generated;
}

void Sampler::fill_candidates(const float* logits, const std::uint32_t* mask) {
  candidates_.resize(static_cast<std::size_t>(n_vocab_));
  for (Token token = 0; token < n_vocab_; ++token) candidates_[token] = {token, logits[token]};
  for (const auto& [token, bias] : params_.logit_bias) candidates_[token].logit += bias;
  for (const auto& [token, seen] : occurrences_) {
    float& logit = candidates_[token].logit;
    logit = logit > 0.0f ? logit / params_.repeat_penalty : logit * params_.repeat_penalty;
    if (seen.n_generated > 0) {
      logit -= params_.presence_penalty + params_.frequency_penalty * static_cast<float>(seen.n_generated);
    }
  }
  if (mask == nullptr) return;
  const auto is_forbidden = [mask](const Candidate& c) {
    return (mask[c.token / 32] >> (c.token % 32) & 1u) == 0;
  };
  candidates_.erase(std::remove_if(candidates_.begin(), candidates_.end(), is_forbidden), candidates_.end());
}

Token Sampler::draw() {
  if (candidates_.empty()) throw DecodeError("the grammar allows no token");
  const auto weaker = [](const Candidate& a, const Candidate& b) { return a.logit < b.logit; };
  const Candidate best = *std::max_element(candidates_.begin(), candidates_.end(), weaker);
  if (params_.temperature == 0.0f) return best.token;

  // Strongest first, only as many as top-k, top-p and min-p leave: a heap gives them up one by one.
  double total = 0.0;
  const auto weight = [&](float logit) { return std::exp((logit - best.logit) / params_.temperature); };
  for (const Candidate& c : candidates_) total += weight(c.logit);
  if (params_.top_k == 0 && params_.top_p >= 1.0f && params_.min_p == 0.0f) {
    double rest = std::uniform_real_distribution<double>(0.0, total)(random_);
    for (const Candidate& c : candidates_) {
      rest -= weight(c.logit);
      if (rest < 0.0) return c.token;
    }
    return best.token;
  }

  const std::size_t n_most = params_.top_k > 0 ? params_.top_k : candidates_.size();
  std::make_heap(candidates_.begin(), candidates_.end(), weaker);
  auto heap_end = candidates_.end();
  weights_.clear();
  double kept = 0.0;
  while (heap_end != candidates_.begin() && weights_.size() < n_most) {
    const float w = weight(candidates_.front().logit);
    if (!weights_.empty() && w < params_.min_p) break;
    if (!weights_.empty() && params_.top_k == 0 && kept >= params_.top_p * total) break;
    weights_.push_back(w);
    kept += w;
    std::pop_heap(candidates_.begin(), heap_end, weaker);
    --heap_end;
  }
  if (params_.top_k > 0) kept = keep_nucleus(weights_, params_.top_p * kept);

  // Popped candidates stand at the back, strongest last.
  double rest = std::uniform_real_distribution<double>(0.0, kept)(random_);
  auto chosen = candidates_.rbegin();
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    rest -= weights_[i];
    if (rest < 0.0) return (chosen + i)->token;
  }
  return chosen->token;
}

}  // namespace electron_local
