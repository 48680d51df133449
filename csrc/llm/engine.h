// Requests in, token events out: joins the model, its decoder, the prefix cache and one decode thread.
#pragma once

#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/queue.h"
#include "llm/decoder.h"
#include "llm/generation.h"
#include "llm/model.h"
#include "llm/prefix_cache.h"
#include "llm/sampler.h"
#include "llm/sequence.h"
#include "llm/types.h"

namespace electron_local {

// The life of a request: (1) `submit` checks it and queues it; (2) the decode thread takes it, (3) matches
// its prompt in the prefix cache, (4) trims memory to the match, (5) evaluates the rest in chunks, (6)
// samples and evaluates token by token, pushing events, (7) stores what stands in memory in the cache, (8)
// finishes the Generation. Every public function may be called from any thread; none of them calls Python.
class Engine {
 public:
  Engine(const std::string& model_path, const EngineOptions& options);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Throws InvalidArgument, ContextLengthExceeded, or Unavailable when the queue is full or the engine
  // closed.
  std::shared_ptr<Generation> submit(std::vector<Token> prompt, const SamplingParams& params);

  // Evaluates the prompt so that a later request that begins with it finds it. Nothing is generated.
  std::shared_ptr<Generation> prefill(std::vector<Token> prompt);

  // Logits behind every token, row by row (n_tokens x n_vocab), computed without the cache. Waits.
  std::vector<float> logits(std::vector<Token> tokens);

  // Cancels what runs and what waits, joins the thread. Idempotent.
  void close();

  EngineStats stats() const;
  const Model& model() const { return model_; }
  int n_ctx() const { return decoder_.n_ctx(); }
  int n_threads() const { return decoder_.n_threads(); }

 private:
  struct Request {
    std::vector<Token> prompt;
    SamplingParams params;
    int n_most = 0;  // completion tokens; 0: prefill alone
    std::shared_ptr<Generation> generation;
    std::shared_ptr<std::promise<std::vector<float>>> logits;  // set: a request for logits
  };

  void check_prompt(const std::vector<Token>& prompt) const;
  std::shared_ptr<Generation> enqueue(Request request);
  void run();
  void serve(Request& request);
  void serve_generation(Request& request);
  void serve_logits(Request& request);
  bool evaluate_pending(Sequence& sequence, const Generation* owner);
  void generate(Sequence& sequence, Request& request);

  Model model_;
  Decoder decoder_;                     // decode thread, after construction
  std::unique_ptr<PrefixCache> cache_;  // decode thread
  BoundedQueue<Request> queue_;
  mutable std::mutex mutex_;  // guards what follows
  EngineStats stats_;
  std::shared_ptr<Generation> running_;
  bool closed_ = false;
  std::thread thread_;
};

}  // namespace electron_local
