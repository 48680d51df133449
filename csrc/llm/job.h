// One request from its queueing to its end.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <exception>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "llm/alternatives.h"
#include "llm/cache/kv_cells.h"
#include "llm/generation.h"
#include "llm/grammar/closing.h"
#include "llm/grammar/constraint.h"
#include "llm/sampler.h"
#include "llm/sequence.h"
#include "llm/speculation/speculator.h"
#include "llm/types.h"

namespace electron_local {

// Built by the caller's thread, then owned by the request queue and the decode loop in turn.
struct Job {
  using Clock = std::chrono::steady_clock;

  Job(Sequence its_sequence, Sampler its_sampler, int n_most)
      : sequence(std::move(its_sequence)),
        sampler(std::move(its_sampler)),
        generation(std::make_shared<Generation>(n_most + 1)) {}
  ~Job() {
    generation->abandon();
    for (Alternatives& each : alternatives) each.cancel_questions();
  }
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  Sequence sequence;
  Sampler sampler;
  std::shared_ptr<Generation> generation;  // room for `n_most` tokens and a last piece of text
  std::unique_ptr<Constraint> constraint;  // what the answer must look like; may be none
  std::unique_ptr<Closing> closing;        // ends it in time; may be none
  std::vector<Alternatives> alternatives;  // ways it may go on, asked about alone; may be none
  std::unique_ptr<Speculator> speculator;  // guesses ahead; may be none
  std::vector<Token> guesses;              // in the batch that runs
  std::optional<Clock::time_point> deadline;
  Usage usage;
  int priority = 0;          // the higher goes first
  bool generates = true;     // false: evaluate the prompt, no more
  bool is_question = false;  // of another request's alternatives
  bool pins = false;         // keep the prompt in the cache, and on disk where there is a directory for it
  std::string conversation;  // of a prefill that a later one of the same name replaces; empty: none
  bool was_admitted = false;
  SequenceId id = -1;                                        // while it runs: its place in memory
  std::uint64_t last_step = 0;                               // of the decode loop that served it
  std::string match_end;                                     // why the match of its prompt ended
  std::exception_ptr failure;                                // set: ended badly
  std::unique_ptr<std::promise<std::vector<float>>> logits;  // set: asks for logits instead of text

  bool has_ended() const {
    return failure || sequence.finish_reason().has_value() || (!generates && sequence.n_pending() == 0);
  }

  bool is_expired() const { return deadline && Clock::now() >= *deadline; }

  // Its next token needs the answers of other requests, which are still to be made; then it waits for them.
  bool is_asking() const {
    return std::any_of(alternatives.begin(), alternatives.end(),
                       [](const Alternatives& each) { return each.is_asking(); });
  }
  bool is_waiting() const {
    return std::any_of(alternatives.begin(), alternatives.end(),
                       [](const Alternatives& each) { return !each.has_answers(); });
  }

  // Its answer is not wanted any more.
  bool is_given_up() const { return generation->cancelled() || is_expired(); }

  // Still reading its prompt (or, after it was put back, what it had written); a short run of forced tokens
  // is part of decoding.
  bool is_prefilling() const { return sequence.n_completion() == 0 || sequence.n_pending() > kMaxForcedRun; }

  static constexpr int kMaxForcedRun = 32;
};

}  // namespace electron_local
