#include "llm/sampling_step.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <utility>
#include <vector>

#include "base/error.h"
#include "llm/log_probabilities.h"

namespace electron_local {
namespace {

// Sampled first and masked only when refused: most tokens are allowed, and asking about one is cheap.
Token pick(Job& job, const float* logits, const LogitBias& bias) {
  if (!job.constraint) return job.sampler.pick(logits, nullptr, bias);
  if (job.sampler.truncates()) return job.sampler.pick(logits, job.constraint->mask(), bias);
  const Token token = job.sampler.pick(logits, nullptr, bias);
  return job.constraint->allows(token) ? token : job.sampler.pick(logits, job.constraint->mask(), bias);
}

LogitBias weigh_alternatives(Job& job, const float* logits, int n_vocab) {
  LogitBias all;
  for (Alternatives& alternatives : job.alternatives) {
    const LogitBias bias = alternatives.weigh(logits, n_vocab);
    all.insert(all.end(), bias.begin(), bias.end());
  }
  return all;
}

void check_computed(const float* logits, Token token) {
  if (std::isnan(logits[token]))
    throw DecodeError("the model computed no numbers (NaN): its weights may be damaged");
}

// `logits` is nullptr for a forced token: nothing was computed for it.
void take(Job& job, Token token, const float* logits, const Vocabulary& vocabulary) {
  if (job.constraint) job.constraint->accept(token);
  for (Alternatives& alternatives : job.alternatives) alternatives.accept(token);
  job.sampler.accept(token);
  if (vocabulary.is_end_of_generation(token)) {
    job.sequence.end_of_generation(token);
    return;
  }
  const SamplingParams& params = job.sampler.params();
  const bool is_shown =
      std::find(params.shown_tokens.begin(), params.shown_tokens.end(), token) != params.shown_tokens.end();
  TokenEvent event = job.sequence.append(token, vocabulary.piece(token, is_shown));
  if (params.logprobs && logits != nullptr) {
    event.logprobs = log_probabilities(logits, vocabulary.n_vocab(), token, params.top_logprobs);
  }
  job.generation->push(std::move(event));
  Usage so_far = job.usage;
  so_far.completion_tokens = job.sequence.n_completion();
  job.generation->note(so_far);
}

void take_forced(Job& job, const Vocabulary& vocabulary) {
  while (!job.has_ended()) {
    const std::vector<Token> forced = job.constraint->forced();
    if (forced.empty()) return;
    for (const Token token : forced) {
      if (!job.has_ended()) take(job, token, nullptr, vocabulary);
    }
  }
}

}  // namespace

void sample_next(Job& job, const float* logits, const Vocabulary& vocabulary) {
  try {
    const LogitBias bias = weigh_alternatives(job, logits, vocabulary.n_vocab());
    if (job.is_asking()) return;
    Token token = pick(job, logits, bias);
    check_computed(logits, token);
    if (job.closing) token = job.closing->steer(*job.constraint, token, job.sequence.n_left());
    take(job, token, logits, vocabulary);
    if (!job.constraint) return;
    // Who asks for log-probabilities gets one token a step: forced ones have no logits.
    if (!job.sampler.params().logprobs) take_forced(job, vocabulary);
    if (job.constraint->is_finished()) job.sequence.stop();  // also with the last token allowed
  } catch (...) {
    job.failure = std::current_exception();  // this request's fault alone
  }
}

int sample_guessed(Job& job, const BatchDecoder& decoder, int row, const Vocabulary& vocabulary) {
  Sequence& sequence = job.sequence;
  std::size_t n_right = 0;
  const auto is_right = [&] {
    return n_right < job.guesses.size() && sequence.n_pending() > 0 &&
           sequence.tokens()[static_cast<std::size_t>(sequence.n_evaluated())] == job.guesses[n_right];
  };
  do {
    sample_next(job, decoder.logits(row + static_cast<int>(n_right)), vocabulary);
    while (!job.has_ended() && is_right()) {
      sequence.mark_evaluated(1);
      ++n_right;
    }
  } while (!job.has_ended() && !job.is_asking() && sequence.n_pending() == 0);
  return static_cast<int>(n_right);
}

}  // namespace electron_local
