#include "llm/engine.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "base/error.h"

namespace electron_local {
namespace {

std::unique_ptr<PrefixCache> make_cache(bool use_prefix_cache) {
  if (use_prefix_cache) return std::make_unique<LastConversationCache>();
  return std::make_unique<NaiveCache>();
}

}  // namespace

Engine::Engine(const std::string& model_path, const EngineOptions& options)
    : model_(model_path, options.use_extra_bufts),
      decoder_(model_, options),
      cache_(make_cache(options.use_prefix_cache)),
      queue_(static_cast<std::size_t>(std::max(1, options.n_queue))),
      thread_([this] { run(); }) {}

Engine::~Engine() { close(); }

void Engine::close() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (closed_) return;
    closed_ = true;
    if (running_) running_->cancel();
  }
  queue_.close();
  thread_.join();
}

void Engine::check_prompt(const std::vector<Token>& prompt) const {
  if (prompt.empty()) throw InvalidArgument("the prompt is empty: at least 1 token is needed");
  model_.check(prompt);
}

std::shared_ptr<Generation> Engine::submit(std::vector<Token> prompt, const SamplingParams& params) {
  check_prompt(prompt);
  const int n_prompt = static_cast<int>(prompt.size());
  const int n_room = n_ctx() - n_prompt;
  const int n_asked = params.max_tokens.value_or(1);
  if (n_room < n_asked) {
    throw ContextLengthExceeded("the prompt has " + std::to_string(n_prompt) + " tokens and at least " +
                                std::to_string(n_asked) + " are asked for; the context holds " +
                                std::to_string(n_ctx()));
  }
  Sampler{params, model_.info().n_vocab};  // checks the parameters in the caller's thread
  Request request{std::move(prompt), params, params.max_tokens.value_or(n_room), nullptr, nullptr};
  request.generation = std::make_shared<Generation>(request.n_most + 1);
  return enqueue(std::move(request));
}

std::shared_ptr<Generation> Engine::prefill(std::vector<Token> prompt) {
  check_prompt(prompt);
  if (static_cast<int>(prompt.size()) > n_ctx()) {
    throw ContextLengthExceeded("the prompt has " + std::to_string(prompt.size()) +
                                " tokens; the context holds " + std::to_string(n_ctx()));
  }
  Request request{std::move(prompt), {}, 0, std::make_shared<Generation>(1), nullptr};
  return enqueue(std::move(request));
}

std::vector<float> Engine::logits(std::vector<Token> tokens) {
  check_prompt(tokens);
  if (static_cast<int>(tokens.size()) > n_ctx()) {
    throw ContextLengthExceeded(std::to_string(tokens.size()) + " tokens; the context holds " +
                                std::to_string(n_ctx()));
  }
  Request request{std::move(tokens),
                  {},
                  0,
                  std::make_shared<Generation>(1),
                  std::make_shared<std::promise<std::vector<float>>>()};
  auto result = request.logits->get_future();
  enqueue(std::move(request));
  return result.get();
}

std::shared_ptr<Generation> Engine::enqueue(Request request) {
  auto generation = request.generation;
  if (queue_.try_push(std::move(request))) return generation;
  if (queue_.closed()) throw Unavailable("the engine is closed");
  throw Unavailable("the queue is full: " + std::to_string(queue_.size()) + " requests wait");
}

EngineStats Engine::stats() const {
  std::lock_guard<std::mutex> lock(mutex_);
  EngineStats out = stats_;
  out.evaluated_tokens = decoder_.n_evaluated();
  out.n_queued = static_cast<int>(queue_.size());
  return out;
}

void Engine::run() {
  while (auto request = queue_.pop()) {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      running_ = request->generation;
      if (closed_) running_->cancel();
    }
    serve(*request);
    std::lock_guard<std::mutex> lock(mutex_);
    running_.reset();
  }
}

void Engine::serve(Request& request) {
  try {
    if (request.logits) {
      serve_logits(request);
    } else {
      serve_generation(request);
    }
  } catch (...) {
    // Memory is in an unknown state: the next request starts from nothing.
    decoder_.trim(0);
    cache_->store({});
    if (request.logits) request.logits->set_exception(std::current_exception());
    request.generation->fail(std::current_exception());
  }
}

void Engine::serve_generation(Request& request) {
  Usage usage;
  usage.prompt_tokens = static_cast<int>(request.prompt.size());
  const PrefixMatch match = cache_->match(request.prompt);
  usage.cached_tokens = decoder_.trim(match.n_tokens);

  Sequence sequence(request.prompt, request.params.stop, request.n_most);
  sequence.mark_evaluated(usage.cached_tokens);
  if (evaluate_pending(sequence, request.generation.get()) && request.n_most > 0) generate(sequence, request);
  usage.completion_tokens = sequence.n_completion();

  std::vector<Token> in_memory = sequence.tokens();
  in_memory.resize(static_cast<std::size_t>(decoder_.n_in_memory()));
  {
    std::lock_guard<std::mutex> lock(mutex_);
    ++stats_.requests;
    stats_.prompt_tokens += static_cast<std::uint64_t>(usage.prompt_tokens);
    stats_.cached_tokens += static_cast<std::uint64_t>(usage.cached_tokens);
    stats_.completion_tokens += static_cast<std::uint64_t>(usage.completion_tokens);
    stats_.cells_used = static_cast<int>(in_memory.size());
    stats_.last_match_end = match.end;
  }
  cache_->store(std::move(in_memory));
  request.generation->finish(sequence.finish_reason().value_or(FinishReason::kStop), usage);
}

// Evaluates the pending tokens; the last one's logits stand ready then. False when cancelled.
bool Engine::evaluate_pending(Sequence& sequence, const Generation* owner) {
  while (sequence.n_pending() > 0) {
    const int n = std::min(sequence.n_pending(), decoder_.n_batch());
    const int before = decoder_.n_in_memory();
    const bool cancelled = owner->cancelled() || decoder_.decode(sequence.tokens(), sequence.n_evaluated(), n,
                                                                 false, owner) == DecodeResult::kCancelled;
    sequence.mark_evaluated(decoder_.n_in_memory() - before);
    if (cancelled) {
      sequence.mark_cancelled();
      return false;
    }
  }
  return true;
}

void Engine::generate(Sequence& sequence, Request& request) {
  Sampler sampler(request.params, model_.info().n_vocab);
  sampler.observe_prompt(request.prompt);
  do {
    const Token token = sampler.sample(decoder_.logits());
    if (model_.is_end_of_generation(token)) {
      sequence.end_of_generation(token);
    } else {
      request.generation->push(sequence.append(token, model_.piece(token, false)));
    }
  } while (!sequence.finish_reason() && evaluate_pending(sequence, request.generation.get()));
  TokenEvent rest = sequence.finish();
  if (!rest.text.empty()) request.generation->push(std::move(rest));
}

void Engine::serve_logits(Request& request) {
  decoder_.trim(0);
  cache_->store({});
  const int n_vocab = model_.info().n_vocab;
  const int n_tokens = static_cast<int>(request.prompt.size());
  std::vector<float> out;
  out.reserve(static_cast<std::size_t>(n_tokens) * static_cast<std::size_t>(n_vocab));
  for (int first = 0; first < n_tokens; first += decoder_.n_batch()) {
    const int n = std::min(decoder_.n_batch(), n_tokens - first);
    if (decoder_.decode(request.prompt, first, n, true, request.generation.get()) ==
        DecodeResult::kCancelled) {
      throw Unavailable("the engine is closed");
    }
    for (int i = 0; i < n; ++i) {
      const float* row = decoder_.logits(i);
      out.insert(out.end(), row, row + n_vocab);
    }
  }
  decoder_.trim(0);
  request.logits->set_value(std::move(out));
  request.generation->finish(FinishReason::kStop, {});
}

}  // namespace electron_local
