// Guessing ahead: the answers are those of plain decoding, token for token, whatever is guessed; what a guess
// is worth is learnt; and requests end when their deadline has passed.
#include <chrono>
#include <cmath>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "check.h"
#include "fake_decoder.h"
#include "llm/speculation/drafting.h"
#include "llm/speculation/model_drafts.h"
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

// Without a right guess, speculation must stop; only rare tries remain.
void test_guesses_that_are_never_right_are_not_made() {
  std::vector<Token> tokens = {1, 2, 3, 1, 2};
  PromptLookup lookup;
  std::mt19937 random(1);
  double chance = 1.0;
  for (int i = 0; i < 200; ++i) {
    tokens.insert(tokens.end(), {static_cast<Token>(i % 2 == 0 ? 3 : 4), 1, 2});
    chance = lookup.chance(tokens);
  }
  CHECK(chance > 0.0);  // there is always something to guess: 3 or 4, by turns
  tokens = {1, 2};
  PromptLookup misled;
  for (Token i = 0; i < 200; ++i) {  // the same pair, another token behind it every time
    tokens.insert(tokens.end(), {100 + i, 1, 2});
    chance = misled.chance(tokens);
  }
  CHECK(chance > 0.0 && chance < 0.01);
  CHECK_EQUAL(best_draft_length(StepCosts(), {1, 1}, chance, 0.0, 16), 0);
}

void test_lookup_finds_the_longest_past() {
  //                           0  1  2  3  4  5  6  7  8  9
  std::vector<Token> tokens = {5, 1, 2, 8, 6, 1, 2, 9, 5, 1};
  PromptLookup lookup;
  tokens.push_back(2);  // 5 1 2 stood at the start; 1 2 alone also later
  CHECK(lookup.chance(tokens) > 0.0);
  CHECK(lookup.propose(tokens, 3) == (std::vector<Token>{8, 6, 1}));
  tokens.push_back(30);
  CHECK_EQUAL(lookup.chance(tokens), 0.0);
  CHECK(lookup.propose(tokens, 3).empty());
}

void test_lookup_continues_a_repetition() {
  std::vector<Token> tokens = {1, 2, 3, 1, 2, 3, 1};
  PromptLookup lookup;
  tokens.push_back(2);
  CHECK(lookup.chance(tokens) > 0.0);
  CHECK(lookup.propose(tokens, 7) == (std::vector<Token>{3, 1, 2, 3, 1, 2, 3}));
}

void test_lookup_learns_from_what_came() {
  std::vector<Token> tokens;
  for (Token i = 0; i < 100; ++i) tokens.push_back(i);
  PromptLookup lookup;
  tokens.insert(tokens.end(), {0, 1});
  const double before = lookup.chance(tokens);
  for (Token i = 2; i < 60; ++i) {
    tokens.push_back(i);
    lookup.chance(tokens);
  }
  CHECK(lookup.chance(tokens) > 0.95);
  CHECK(lookup.chance(tokens) > before);
}

// Every size measured often, the last one 1.
StepCosts measured(double a_further_token, double a_change) {
  StepCosts costs;
  for (int i = 0; i < 50; ++i) {
    for (int n = 1; n <= 17; ++n) {
      costs.record(n, 1e-3 * (1 + a_further_token * (n - 1) + (i + n > 1 ? a_change : 0)));
      if (n == 1) costs.record(1, 1e-3);
    }
  }
  costs.record(1, 1e-3 * (1 + a_change));
  costs.record(1, 1e-3);
  return costs;
}

void test_the_best_length_follows_cost_and_chance() {
  const StepCosts cheap = measured(0.02, 0);
  CHECK_EQUAL(best_draft_length(cheap, {1, 1}, 0.99, 0.0, 16), 16);
  CHECK_EQUAL(best_draft_length(cheap, {1, 1}, 0.01, 0.0, 16), 0);
  const int some = best_draft_length(cheap, {1, 1}, 0.6, 0.0, 16);
  CHECK(some > 1 && some < 16);
  CHECK_EQUAL(best_draft_length(cheap, {1, 1}, 0.6, 2e-3, 16), 0);  // a draft model that is too slow
  CHECK_EQUAL(best_draft_length(measured(1, 0), {1, 1}, 0.99, 0.0, 16), 0);
  // Other sequences' tokens come anyway.
  CHECK(best_draft_length(cheap, {8, 8}, 0.6, 0.0, 8) <= some);
}

// A change of size costs as much as another token: one right guess does not pay for it, many do.
void test_changes_of_size_are_counted() {
  const StepCosts costs = measured(0.02, 0.5);
  CHECK_EQUAL(best_draft_length(costs, {1, 1}, 0.5, 0.0, 1), 0);
  CHECK(best_draft_length(costs, {1, 1}, 0.95, 0.0, 16) > 4);
}

void test_new_sizes_are_tried_in_small_strides() {
  StepCosts costs;
  costs.record(1, 1e-3);
  int n_most = 0;
  for (const int n_expected : {3, 9}) {
    n_most = best_draft_length(costs, {1, 1}, 0.99, 0.0, 16);
    CHECK_EQUAL(n_most, n_expected);
    costs.record(1 + n_most, 1.1e-3);
  }
}

void test_old_measurements_fade() {
  StepCosts costs;
  costs.record(1, 1e-3);
  for (int i = 0; i < 20; ++i) costs.record(4, 8e-3);
  CHECK(costs.seconds(4, 4) > 6e-3);
  for (int i = 0; i < 20000; ++i) costs.record(1, 1e-3);
  CHECK(costs.seconds(4, 4) < 2e-3);
}

void test_a_draft_model_follows_whoever_asks() {
  const FakeModel model{3, 0};
  FakeDecoder decoder(64, 64, 8, model);
  DraftModel draft(decoder, kVocabulary);
  std::vector<Token> a = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  const std::vector<Token> b = {1, 2, 3, 40};
  for (int i = 0; i < 5; ++i) {
    const std::vector<Token> guess = draft.continue_greedily(a, 4);
    CHECK(guess == expected_reply(a, 4, model) || guess.size() == 4u);
    CHECK_EQUAL(guess.at(0), model.next_token(a, a.size()));
    a.push_back(i % 2 == 0 ? guess[0] : 12);
    CHECK_EQUAL(draft.continue_greedily(b, 1).at(0), model.next_token(b, b.size()));
  }
  std::vector<Token> full(62, 1);
  CHECK_EQUAL(draft.continue_greedily(full, 8).size(), 3u);  // the context ends
}

void test_only_the_first_proposal_costs_nothing() {
  FakeDecoder decoder(4000, 4000, 8, FakeModel{3, 0});
  ModelDrafts drafts(std::make_shared<DraftModel>(decoder, kVocabulary));
  const std::vector<Token> tokens(1000, 1);
  drafts.propose(tokens, 1);
  CHECK_EQUAL(drafts.seconds_a_token(), 0.0);
  drafts.propose({2, 3, 4}, 1);
  CHECK(drafts.seconds_a_token() > 0.0);
}

void test_a_draft_model_is_given_up_and_tried_again() {
  const FakeModel model{3, 0};
  FakeDecoder decoder(4000, 4000, 8, model);
  ModelDrafts drafts(std::make_shared<DraftModel>(decoder, kVocabulary));
  const std::vector<Token> tokens = {1, 2, 3};
  int n_tries = 0;
  for (int i = 0; i < 3000; ++i) {
    if (drafts.chance(tokens) < 0.3) continue;
    ++n_tries;
    drafts.learn(4, 0);
  }
  CHECK(n_tries > 3 && n_tries < 30);
}

// Each request would read its whole prompt for that.
void test_what_one_request_learned_of_a_draft_model_others_know() {
  FakeDecoder decoder(4000, 4000, 8, FakeModel{3, 0});
  const auto model = std::make_shared<DraftModel>(decoder, kVocabulary);
  const std::vector<Token> tokens = {1, 2, 3};
  int n_tries = 0;
  for (int request = 0; request < 30; ++request) {
    ModelDrafts drafts(model);
    for (int i = 0; i < 100; ++i) {
      if (drafts.chance(tokens) < 0.3) continue;
      ++n_tries;
      CHECK_EQUAL(drafts.propose(tokens, 16).size(), 3u);  // a trial is short
      drafts.learn(3, 0);
    }
  }
  CHECK(n_tries > 3 && n_tries < 20);
  ModelDrafts drafts(model);
  for (int i = 0; i < 2000 && drafts.chance(tokens) < 0.3; ++i) continue;
  drafts.learn(3, 3);
  CHECK(drafts.chance(tokens) > 0.9);
  CHECK_EQUAL(drafts.propose(tokens, 16).size(), 16u);
}

std::string failure_of(Generation& generation) {
  try {
    while (!generation.done()) generation.next(std::chrono::milliseconds(100));
    generation.next(std::chrono::milliseconds(0));
  } catch (const DeadlineExceeded& error) {
    return error.what();
  }
  return "";
}

void test_deadlines_end_requests_wherever_they_are() {
  Settings settings;
  settings.n_parallel = 1;
  Rig rig(1000000, 1000000, 32, settings, /*has_end=*/false);
  auto running = make_job(std::vector<Token>{1, 2}, 900000);
  running->deadline = Job::Clock::now() + std::chrono::milliseconds(300);
  auto waiting = make_job(std::vector<Token>{3, 4}, 10);
  waiting->deadline = Job::Clock::now();
  const auto first = rig.submit(std::move(running));
  const auto second = rig.submit(std::move(waiting));
  CHECK(failure_of(*second).find("while the request waited") != std::string::npos);
  CHECK(failure_of(*first).find("tokens of the answer") != std::string::npos);
  CHECK(first->usage().completion_tokens > 0);
  const auto third = rig.submit({1, 2, 5}, 3);  // what was computed stays
  CHECK_EQUAL(read(*third).size(), 3u);
  CHECK_EQUAL(third->usage().cached_tokens, 2);
}

void test_a_deadline_ends_the_reading_of_a_prompt() {
  Rig rig(1000000, 1000000, 16, {}, /*has_end=*/false);
  std::vector<Token> prompt;
  for (int i = 0; i < 900000; ++i) prompt.push_back(i % 60 + 1);
  auto job = make_job(prompt, 10);
  job->deadline = Job::Clock::now() + std::chrono::milliseconds(200);
  CHECK(failure_of(*rig.submit(std::move(job))).find("of 900000 prompt tokens") != std::string::npos);
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
  test_guesses_that_are_never_right_are_not_made();
  test_lookup_finds_the_longest_past();
  test_lookup_continues_a_repetition();
  test_lookup_learns_from_what_came();
  test_the_best_length_follows_cost_and_chance();
  test_changes_of_size_are_counted();
  test_new_sizes_are_tried_in_small_strides();
  test_old_measurements_fade();
  test_a_draft_model_follows_whoever_asks();
  test_only_the_first_proposal_costs_nothing();
  test_a_draft_model_is_given_up_and_tried_again();
  test_what_one_request_learned_of_a_draft_model_others_know();
  test_deadlines_end_requests_wherever_they_are();
  test_a_deadline_ends_the_reading_of_a_prompt();
  return electron_local_test::n_failures;
}
