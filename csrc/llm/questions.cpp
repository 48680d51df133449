#include "llm/questions.h"

#include <utility>

namespace electron_local {
namespace {

constexpr float kSurely = 100.0f;  // a bias with which a token is picked whatever its logit

std::unique_ptr<Job> make_question(const std::vector<Token>& prompt, Token asked, const Job& asking) {
  SamplingParams params;
  params.temperature = 0.0f;
  params.logit_bias = {{asked, kSurely}};
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
  std::vector<std::unique_ptr<Job>> questions;
  for (Alternatives& alternatives : asking.alternatives) {
    if (!alternatives.is_asking()) continue;
    for (const std::size_t way : alternatives.unasked()) {
      questions.push_back(make_question(alternatives.question(way), alternatives.asked_token(), asking));
      alternatives.expect(way, questions.back()->generation);
    }
  }
  return questions;
}

}  // namespace electron_local
