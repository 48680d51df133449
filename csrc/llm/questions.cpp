#include "llm/questions.h"

#include <utility>

namespace electron_local {
namespace {

constexpr float kSurely = 100.0f;  // a bias with which a token is picked whatever its logit

std::unique_ptr<Job> make_question(const std::vector<Token>& prompt, Token yes, const Job& asking) {
  SamplingParams params;
  params.temperature = 0.0f;
  params.logit_bias = {{yes, kSurely}};
  params.logprobs = true;
  auto job = std::make_unique<Job>(Sequence(prompt, {}, 1), Sampler(params, asking.sampler.n_vocab()), 1);
  job->usage.prompt_tokens = static_cast<int>(prompt.size());
  job->is_question = true;
  job->priority = asking.priority;
  job->deadline = asking.deadline;
  return job;
}

}  // namespace

std::vector<std::unique_ptr<Job>> make_questions(Job& asking) {
  Alternatives& alternatives = *asking.alternatives;
  std::vector<std::unique_ptr<Job>> questions;
  for (const std::size_t way : alternatives.unasked()) {
    questions.push_back(make_question(alternatives.question(way), alternatives.yes(), asking));
    alternatives.expect(way, questions.back()->generation);
  }
  return questions;
}

}  // namespace electron_local
