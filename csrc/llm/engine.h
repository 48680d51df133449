// Requests in, token events out: a model, its queue, and the thread that decodes.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "llm/cache/snapshots.h"
#include "llm/decode_loop.h"
#include "llm/decoder.h"
#include "llm/generation.h"
#include "llm/loaded_draft.h"
#include "llm/model.h"
#include "llm/model_constraints.h"
#include "llm/request_queue.h"
#include "llm/types.h"

namespace electron_local {

// Every public function may be called from any thread; none of them calls Python.
class Engine {
 public:
  Engine(const std::string& model_path, const EngineOptions& options);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Throws InvalidArgument, ContextLengthExceeded, or Unavailable when the queue is full or the engine
  // closed. Of those that wait, a higher `priority` goes first. The answer keeps to `constraint` where one is
  // given; where it may go several of the `alternatives`, see there.
  std::shared_ptr<Generation> submit(std::vector<Token> prompt, const SamplingParams& params,
                                     int priority = 0,
                                     const std::optional<ConstraintSpec>& constraint = std::nullopt,
                                     const std::vector<AlternativesSpec>& alternatives = {});

  // Why a grammar cannot be enforced; nothing when it can.
  std::optional<std::string> refusal(const GrammarSpec& grammar);

  // Evaluates the prompt so that a later request that begins with it finds it. Nothing is generated. Cancels
  // the prefill of the same conversation that still runs or waits.
  std::shared_ptr<Generation> prefill(std::vector<Token> prompt, const PrefillOptions& options = {});

  // Logits behind every token, row by row (n_tokens x n_vocab), computed without the cache while no request
  // runs. Waits. Empties the cache.
  std::vector<float> logits(std::vector<Token> tokens);

  // Cancels what runs and what waits, joins the thread; what was pinned is on disk then. Idempotent.
  void close();

  EngineStats stats() const;
  const Model& model() const { return model_; }
  int n_ctx() const { return settings_.n_ctx; }
  const Settings& settings() const { return settings_; }
  int pid() const { return pid_; }  // of the process whose thread decodes

 private:
  void check_prompt(const std::vector<Token>& prompt, int n_room) const;
  Alternatives make_alternatives(const AlternativesSpec& spec) const;
  std::unique_ptr<Speculator> make_speculator() const;
  void replace_prefill(const std::string& conversation, const std::shared_ptr<Generation>& generation);
  std::shared_ptr<Generation> enqueue(std::unique_ptr<Job> job);

  const int pid_;
  Model model_;
  const Settings settings_;
  Decoder decoder_;                             // decode thread, after construction
  const std::unique_ptr<LoadedDraft> draft_;    // nullptr: none; decode thread, after construction
  const std::unique_ptr<Snapshots> snapshots_;  // nullptr: no directory
  RequestQueue queue_;
  DecodeLoop loop_;
  ModelConstraints constraints_;
  std::mutex prefills_mutex_;
  std::map<std::string, std::weak_ptr<Generation>> prefills_;  // the last one of each conversation
  std::once_flag closed_;
  std::thread thread_;
};

}  // namespace electron_local
