#include "llm/sampler.h"

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "llm/logit_kernels.h"

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
  if (params.deadline_s) check_range("deadline_s", *params.deadline_s, 0.0, 1e9);
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

}  // namespace

Sampler::Sampler(const SamplingParams& params, int n_vocab) : params_(params), n_vocab_(n_vocab) {
  check(params_, n_vocab_);
  random_.seed(params_.seed ? *params_.seed : std::random_device{}());
}

void Sampler::observe_prompt(const std::vector<Token>& prompt) {
  if (params_.repeat_penalty == 1.0f) return;
  for (const Token token : prompt) ++occurrences_[token].n_total;
}

Token Sampler::pick(const float* logits, const std::uint32_t* mask, const LogitBias& bias) {
  logits = adjusted(logits, mask, bias);
  const Token best = argmax(logits, n_vocab_);
  const bool any_allowed = logits[best] != -std::numeric_limits<float>::infinity();
  if (mask != nullptr && !any_allowed) throw DecodeError("the grammar allows no token");
  if (params_.temperature == 0.0f || params_.top_k == 1) return best;
  const double total =
      exp_weights(logits, n_vocab_, logits[best], params_.temperature, weights_, block_sums_);
  if (!(total > 0.0)) return best;
  if (truncates()) return draw_truncated(total);
  const double rest = std::uniform_real_distribution<double>(0.0, total)(random_);
  return index_at(rest, weights_, block_sums_);
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

// The logits themselves, or a copy with bias, penalties and mask in it.
const float* Sampler::adjusted(const float* logits, const std::uint32_t* mask, const LogitBias& bias) {
  if (params_.logit_bias.empty() && bias.empty() && occurrences_.empty() && mask == nullptr) return logits;
  logits_.assign(logits, logits + n_vocab_);
  for (const auto& [token, added] : params_.logit_bias) logits_[token] += added;
  for (const auto& [token, added] : bias) logits_[token] += added;
  for (const auto& [token, seen] : occurrences_) {
    float& logit = logits_[token];
    logit = logit > 0.0f ? logit / params_.repeat_penalty : logit * params_.repeat_penalty;
    if (seen.n_generated > 0) {
      logit -= params_.presence_penalty + params_.frequency_penalty * static_cast<float>(seen.n_generated);
    }
  }
  if (mask == nullptr) return logits_.data();
  for (Token first = 0; first < n_vocab_; first += 32) {
    const std::uint32_t word = mask[first / 32];
    if (word == ~0u) continue;
    const Token end = std::min(n_vocab_, first + 32);
    for (Token token = first; token < end; ++token) {
      if ((word >> (token - first) & 1u) == 0) logits_[token] = -std::numeric_limits<float>::infinity();
    }
  }
  return logits_.data();
}

// Enough candidates for top-k, top-p and min-p, strongest first: those above a weight that is lowered until
// they suffice. Most of the vocabulary is never sorted.
void Sampler::gather_strongest(double total) {
  for (float lowest = 1.0f / 64;; lowest = lowest > 1e-30f ? lowest / 4096 : 0.0f) {
    lowest = std::max(lowest, params_.min_p);
    double sum = 0.0;
    candidates_.clear();
    for (Token token = 0; token < n_vocab_; ++token) {
      const float weight = weights_[static_cast<std::size_t>(token)];
      if (weight < lowest || weight <= 0.0f) continue;
      candidates_.push_back({token, weight});
      sum += weight;
    }
    const bool suffices = params_.top_k > 0 ? candidates_.size() >= static_cast<std::size_t>(params_.top_k)
                                            : params_.top_p < 1.0f && sum >= params_.top_p * total;
    if (suffices || lowest <= params_.min_p) break;
  }
  std::sort(candidates_.begin(), candidates_.end(), [](const Candidate& a, const Candidate& b) {
    return a.weight > b.weight || (a.weight == b.weight && a.token < b.token);
  });
}

Token Sampler::draw_truncated(double total) {
  gather_strongest(total);
  std::size_t n = candidates_.size();
  if (params_.top_k > 0) n = std::min(n, static_cast<std::size_t>(params_.top_k));
  double mass = total;
  if (params_.top_k > 0) {
    mass = 0.0;
    for (std::size_t i = 0; i < n; ++i) mass += candidates_[i].weight;
  }
  // The fewest that reach the nucleus: at least one.
  double kept = 0.0;
  std::size_t n_kept = 0;
  while (n_kept < n && (n_kept == 0 || params_.top_p >= 1.0f || kept < params_.top_p * mass)) {
    kept += candidates_[n_kept++].weight;
  }
  double rest = std::uniform_real_distribution<double>(0.0, kept)(random_);
  for (std::size_t i = 0; i < n_kept; ++i) {
    rest -= candidates_[i].weight;
    if (rest < 0.0) return candidates_[i].token;
  }
  return candidates_.front().token;
}

}  // namespace electron_local
