// Guessing ahead: the answers are those of plain decoding, token for token, whatever is guessed.
#include <algorithm>
#include <chrono>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "check.h"
#include "fake_decoder.h"
#include "llm/speculation/prompt_lookup.h"

using namespace electron_local_test;

namespace {

// Guesses what the model really says next, but for every `n_right`-th token.
class Oracle final : public Speculator {
 public:
  Oracle(FakeModel model, int n_right) : model_(model), n_right_(n_right) {}
  double chance(const std::vector<Token>&) override { return 0.9; }
  std::vector<Token> propose(const std::vector<Token>& tokens, int n_most) override {
    std::vector<Token> text = tokens;
    std::vector<Token> out;
    while (static_cast<int>(out.size()) < n_most) {
      Token token = model_.next_token(text, text.size());
      if (static_cast<int>(text.size()) % n_right_ == 0) token = (token + 1) % kVocabulary;
      out.push_back(token);
      text.push_back(token);
    }
    return out;
  }

 private:
  const FakeModel model_;
  const int n_right_;
};

// No multiples of 11; behind a token of the form 8n + 3 its successor is forced, twice.
class OddGrammar final : public Constraint {
 public:
  OddGrammar() : mask_(kVocabulary / 32, 0) {
    for (Token token = 0; token < kVocabulary; ++token) {
      if (token % 11 != 0) mask_[static_cast<std::size_t>(token) / 32] |= 1u << (token % 32);
    }
  }
  bool allows(Token token) override { return token % 11 != 0; }
  void accept(Token token) override {
    n_forced_ = n_forced_ > 0 ? n_forced_ - 1 : token % 8 == 3 ? 2 : 0;
    last_ = token;
  }
  const std::uint32_t* mask() override { return mask_.data(); }
  std::vector<Token> forced() override {
    std::vector<Token> out;
    for (int i = 1; i <= n_forced_; ++i) out.push_back((last_ + i) % kVocabulary);
    return out;
  }
  bool is_complete() const override { return true; }
  bool is_finished() const override { return false; }
  std::unique_ptr<Constraint> clone() const override { return std::make_unique<OddGrammar>(*this); }

 private:
  std::vector<std::uint32_t> mask_;
  Token last_ = 0;
  int n_forced_ = 0;
};

struct Answer {
  std::vector<Token> tokens;
  std::string text;
  std::vector<float> logprobs;
  bool is_cancelled = false;
  int n_completion = 0;

  bool operator==(const Answer& other) const {
    return tokens == other.tokens && text == other.text && logprobs == other.logprobs &&
           n_completion == other.n_completion;
  }
};

Answer whole(Generation& generation) {
  Answer out;
  while (!generation.done()) {
    for (const TokenEvent& event : generation.next(std::chrono::milliseconds(100))) {
      out.text += event.text;
      if (event.token >= 0) out.tokens.push_back(event.token);
      if (event.logprobs) out.logprobs.push_back(event.logprobs->logprob);
    }
  }
  out.is_cancelled = generation.finish_reason() == FinishReason::kCancelled;
  out.n_completion = generation.usage().completion_tokens;
  return out;
}

struct Request {
  std::vector<Token> prompt;
  int n_most = 1;
  SamplingParams params;
  bool has_grammar = false;
  bool is_cancelled = false;
};

Request random_request(std::mt19937& random) {
  Request out;
  const std::size_t n_prompt = 1 + random() % 60;
  for (std::size_t i = 0; i < n_prompt; ++i)
    out.prompt.push_back(static_cast<Token>(1 + random() % (kVocabulary - 1)));
  out.n_most = 1 + static_cast<int>(random() % 60);
  out.params.temperature = random() % 2 == 0 ? 0.0f : 1.0f;
  out.params.seed = random();
  if (random() % 4 == 0) out.params.top_p = 0.9f;
  if (random() % 4 == 0) out.params.frequency_penalty = 1.0f;
  if (random() % 4 == 0) out.params.logit_bias = {{7, 3.0f}};
  if (random() % 4 == 0) out.params.stop = {"AB", std::string(1, static_cast<char>('0' + random() % 64))};
  out.params.logprobs = random() % 4 == 0;
  out.has_grammar = random() % 3 == 0;
  out.is_cancelled = random() % 8 == 0;
  return out;
}

std::unique_ptr<Job> job_for(const Request& request) {
  auto job = make_job(request.prompt, request.n_most, request.params);
  if (request.has_grammar) job->constraint = std::make_unique<OddGrammar>();
  return job;
}

Settings four_places(Speculation speculation) {
  Settings settings;
  settings.n_parallel = 4;
  settings.n_cached = 3;
  settings.host_bytes = 2000;
  settings.speculation = speculation;
  return settings;
}

std::unique_ptr<Speculator> make_speculator(int kind, FakeModel model) {
  if (kind == 0) return std::make_unique<PromptLookup>();
  return std::make_unique<Oracle>(model, kind == 1 ? 1 << 20 : 5);
}

// A part of what it would have been is all that a cancelled answer can be.
void check_same(const Answer& got, const Answer& expected) {
  if (!got.is_cancelled) {
    CHECK(got == expected);
    return;
  }
  CHECK(got.tokens.size() <= expected.tokens.size());
  CHECK(std::equal(got.tokens.begin(), got.tokens.end(), expected.tokens.begin()));
}

void test_answers_are_those_of_plain_decoding(unsigned seed, int order, int n_cells,
                                              Speculation speculation) {
  const FakeModel model{seed, order};
  Rig plain(200, 4000, 32, four_places(Speculation::kOff), true, model);
  Rig guessing(200, n_cells, 32, four_places(speculation), true, model);
  std::mt19937 random(seed);
  for (int round = 0; round < 12; ++round) {
    std::vector<std::pair<Request, std::shared_ptr<Generation>>> sent;
    for (int i = 0; i < 8; ++i) {
      Request request = random_request(random);
      auto job = job_for(request);
      job->speculator = make_speculator(static_cast<int>(random() % 3), model);
      sent.emplace_back(request, guessing.submit(std::move(job)));
      if (request.is_cancelled) sent.back().second->cancel();
    }
    for (auto& [request, generation] : sent) {
      const Answer expected = whole(*plain.submit(job_for(request)));
      check_same(whole(*generation), expected);
    }
  }
  const EngineStats stats = guessing.stats();
  CHECK(stats.accepted_tokens <= stats.drafted_tokens);
  if (speculation == Speculation::kAlways) CHECK(stats.accepted_tokens > 0);
}

// Right guesses are evaluated once; wrong ones besides.
void test_counters_add_up() {
  for (const int n_right : {1 << 20, 3}) {
    const FakeModel model{5, 0};
    Rig rig(400, 800, 32, four_places(Speculation::kAlways), /*has_end=*/false, model);
    auto job = make_job(std::vector<Token>{1, 2, 3, 4}, 200);
    job->speculator = std::make_unique<Oracle>(model, n_right);
    CHECK(read(*rig.submit(std::move(job))) == expected_reply({1, 2, 3, 4}, 200, model, false));
    const EngineStats stats = rig.stats();
    const std::uint64_t n_wrong = stats.drafted_tokens - stats.accepted_tokens;
    CHECK_EQUAL(stats.evaluated_tokens - n_wrong, 4u + 200u - 1u);
    CHECK_EQUAL(n_wrong == 0, n_right > 3);
    CHECK(stats.accepted_tokens > 80u);
  }
}

void test_memory_that_cannot_be_cut_is_never_guessed_into() {
  const FakeModel model{5, 0};
  Rig rig(400, 800, 32, four_places(Speculation::kAlways), false, model, /*can_trim=*/false);
  auto job = make_job(std::vector<Token>{1, 2, 3}, 50);
  job->speculator = std::make_unique<Oracle>(model, 3);
  CHECK(read(*rig.submit(std::move(job))) == expected_reply({1, 2, 3}, 50, model, false));
  CHECK_EQUAL(rig.stats().drafted_tokens, 0u);
}

void test_a_refused_cut_ends_guessing_and_not_the_answer() {
  const FakeModel model{5, 0};
  Rig rig(400, 800, 32, four_places(Speculation::kAlways), false, model);
  rig.decoder().can_trim_now = false;
  auto job = make_job(std::vector<Token>{1, 2, 3}, 120);
  job->speculator = std::make_unique<Oracle>(model, 5);
  CHECK(read(*rig.submit(std::move(job))) == expected_reply({1, 2, 3}, 120, model, false));
  CHECK(rig.stats().drafted_tokens <= 16u);
}

}  // namespace

int main() {
  for (const unsigned seed : {1u, 2u, 3u}) {
    for (const Speculation speculation : {Speculation::kAlways, Speculation::kAuto}) {
      test_answers_are_those_of_plain_decoding(seed, 2, 4000, speculation);
      test_answers_are_those_of_plain_decoding(seed, 0, 4000, speculation);
      test_answers_are_those_of_plain_decoding(seed, 2, 260, speculation);
    }
  }
  test_counters_add_up();
  test_memory_that_cannot_be_cut_is_never_guessed_into();
  test_a_refused_cut_ends_guessing_and_not_the_answer();
  return electron_local_test::n_failures;
}
