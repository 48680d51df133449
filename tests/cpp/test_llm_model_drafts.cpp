// Guesses of a draft model: it follows whoever asks, is given up when it is wrong, and tried again.
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "check.h"
#include "fake_decoder.h"
#include "llm/speculation/model_drafts.h"

using namespace electron_local_test;

namespace {

void test_a_draft_model_follows_whoever_asks() {
  const FakeModel model{3, 0};
  FakeDecoder decoder(64, 64, 8, model);
  DraftModel draft(decoder, kVocabulary);
  std::vector<Token> a = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  const std::vector<Token> b = {1, 2, 3, 40};
  for (int i = 0; i < 5; ++i) {
    const std::vector<Token> guess = draft.continue_greedily(a, 4, &a);
    CHECK(guess == expected_reply(a, 4, model) || guess.size() == 4u);
    CHECK_EQUAL(guess.at(0), model.next_token(a, a.size()));
    a.push_back(i % 2 == 0 ? guess[0] : 12);
    CHECK_EQUAL(draft.continue_greedily(b, 1, &b).at(0), model.next_token(b, b.size()));
  }
  std::vector<Token> full(62, 1);
  CHECK_EQUAL(draft.continue_greedily(full, 8, &full).size(), 3u);  // the context ends
}

void test_a_long_text_is_read_a_part_at_a_time() {
  const FakeModel model{3, 0};
  FakeDecoder decoder(4000, 4000, 512, model);
  const auto draft = std::make_shared<DraftModel>(decoder, kVocabulary);
  auto reading = std::make_unique<ModelDrafts>(draft);
  ModelDrafts other(draft);
  std::vector<Token> text(1000, 1), short_text = {1, 2, 3};
  std::vector<Token> guess;
  std::uint64_t n_before = 0;
  for (int i = 0; i < 8; ++i) {
    CHECK(guess.empty());
    guess = reading->propose(text, 2);
    CHECK(decoder.n_evaluated() - std::exchange(n_before, decoder.n_evaluated()) <= 130);
    if (i < 7) CHECK(other.propose(short_text, 2).empty());  // it would have to be read again
  }
  CHECK_EQUAL(guess.at(0), model.next_token(text, text.size()));
  CHECK_EQUAL(other.propose(short_text, 2).size(), 2u);
  CHECK(reading->propose(text, 2).empty());
  CHECK(other.propose(short_text, 2).empty());
  reading.reset();
  ModelDrafts too_long(draft);  // for the context: it reads nothing
  CHECK(too_long.propose(std::vector<Token>(5000, 1), 2).empty());
  CHECK_EQUAL(other.propose(short_text, 2).size(), 2u);
}

void test_only_the_first_proposal_costs_nothing() {
  FakeDecoder decoder(4000, 4000, 8, FakeModel{3, 0});
  ModelDrafts drafts(std::make_shared<DraftModel>(decoder, kVocabulary));
  const std::vector<Token> tokens(1000, 1);
  while (drafts.propose(tokens, 1).empty()) continue;
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

}  // namespace

int main() {
  test_a_draft_model_follows_whoever_asks();
  test_a_long_text_is_read_a_part_at_a_time();
  test_only_the_first_proposal_costs_nothing();
  test_a_draft_model_is_given_up_and_tried_again();
  test_what_one_request_learned_of_a_draft_model_others_know();
  return electron_local_test::n_failures;
}
