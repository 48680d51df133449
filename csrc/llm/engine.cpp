#include "llm/engine.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <iterator>
#include <utility>

#include "base/error.h"
#include "base/memory.h"
#include "llm/cache/cache_budget.h"
#include "llm/log_hook.h"
#include "llm/model_fingerprint.h"
#include "llm/speculation/prompt_lookup.h"

namespace electron_local {
namespace {

std::unique_ptr<LoadedDraft> load_draft(const EngineOptions& options, const Model& model, int n_ctx) {
  if (options.draft_model.empty()) return nullptr;
  return std::make_unique<LoadedDraft>(options.draft_model, model, options, n_ctx);
}

Settings settle_all(const EngineOptions& options, const ModelInfo& model) {
  const Settings settings = settle(options, model.n_ctx_train, model.size_bytes, model.has_own_attention);
  auto kv_bytes = static_cast<std::uint64_t>(model.kv_bytes);
  if (settings.quantised_kv) kv_bytes = kv_bytes * 34 / 64;  // blocks of 32 bytes and a scale of 2
  return fit_cache(settings, options,
                   {available_memory(), static_cast<std::uint64_t>(model.size_bytes),
                    bytes_per_cell(kv_bytes, model.n_head, settings)});
}

std::unique_ptr<Snapshots> open_snapshots(const std::string& model_path, const EngineOptions& options,
                                          const Model& model, const Settings& settings) {
  if (options.snapshot_dir.empty() || !settings.use_prefix_cache) return nullptr;
  const Fingerprint fingerprint = model_fingerprint(model_path, options.lora, model, settings);
  return std::make_unique<Snapshots>(
      SnapshotDirectory(options.snapshot_dir, fingerprint, options.snapshot_bytes, log_own));
}

}  // namespace

Engine::Engine(const std::string& model_path, const EngineOptions& options)
    : pid_(getpid()),
      model_(model_path, options.use_extra_bufts, options.lora),
      settings_(settle_all(options, model_.info())),
      decoder_(model_, settings_),
      draft_(load_draft(options, model_, settings_.n_ctx)),
      snapshots_(open_snapshots(model_path, options, model_, settings_)),
      queue_(static_cast<std::size_t>(std::max(1, options.n_queue))),
      loop_(model_, decoder_, queue_, settings_, snapshots_.get()),
      constraints_(model_, options.grammar_library),
      thread_([this] { loop_.run(); }) {}

Engine::~Engine() { close(); }

void Engine::close() {
  std::call_once(closed_, [this] {
    queue_.close();
    thread_.join();
    if (snapshots_) snapshots_->close();
  });
}

void Engine::check_prompt(const std::vector<Token>& prompt, int n_asked) const {
  if (prompt.empty()) throw InvalidArgument("the prompt is empty: at least 1 token is needed");
  model_.check(prompt);
  const auto n_prompt = static_cast<std::int64_t>(prompt.size());
  if (n_prompt + n_asked <= n_ctx()) return;
  throw ContextLengthExceeded("the prompt has " + std::to_string(n_prompt) + " tokens and at least " +
                              std::to_string(n_asked) + " are asked for; the context holds " +
                              std::to_string(n_ctx()));
}

std::shared_ptr<Generation> Engine::submit(std::vector<Token> prompt, const SamplingParams& params,
                                           int priority, const std::optional<ConstraintSpec>& constraint,
                                           const std::vector<AlternativesSpec>& alternatives) {
  Sampler sampler(params, model_.n_vocab());  // checks the parameters
  std::optional<Job::Clock::time_point> deadline;
  if (params.deadline_s) {
    const std::chrono::duration<double> wait(*params.deadline_s);
    deadline = Job::Clock::now() + std::chrono::duration_cast<Job::Clock::duration>(wait);
  }
  check_prompt(prompt, params.max_tokens.value_or(1));
  sampler.observe_prompt(prompt);
  const auto n_prompt = static_cast<int>(prompt.size());
  const int n_most = params.max_tokens.value_or(n_ctx() - n_prompt);
  auto job =
      std::make_unique<Job>(Sequence(std::move(prompt), params.stop, n_most), std::move(sampler), n_most);
  job->usage.prompt_tokens = n_prompt;
  job->priority = priority;
  job->speculator = make_speculator();
  job->deadline = deadline;
  if (constraint) {
    job->constraint = constraints_.make(*constraint);
    job->closing = constraints_.closing(*constraint);
  }
  for (const AlternativesSpec& spec : alternatives) job->alternatives.push_back(make_alternatives(spec));
  return enqueue(std::move(job));
}

Alternatives Engine::make_alternatives(const AlternativesSpec& spec) const {
  model_.check({spec.asked});
  for (const AlternativesSpec::Way& way : spec.ways) {
    model_.check(way.tokens);
    if (!way.question.empty()) check_prompt(way.question, 1);
  }
  return Alternatives(spec);
}

std::unique_ptr<Speculator> Engine::make_speculator() const {
  if (settings_.speculation == Speculation::kOff || !decoder_.can_trim()) return nullptr;
  auto lookup = std::make_unique<PromptLookup>();
  if (!draft_) return lookup;
  return std::make_unique<LookupThenModel>(std::move(lookup), std::make_unique<ModelDrafts>(draft_->get()));
}

std::optional<std::string> Engine::refusal(const GrammarSpec& grammar) {
  try {
    constraints_.check(grammar);
    return std::nullopt;
  } catch (const InvalidArgument& error) {
    return error.what();
  }
}

std::shared_ptr<Generation> Engine::prefill(std::vector<Token> prompt, const PrefillOptions& options) {
  check_prompt(prompt, 0);
  const auto n_prompt = static_cast<int>(prompt.size());
  auto job = std::make_unique<Job>(Sequence(std::move(prompt), {}, 0), Sampler({}, model_.n_vocab()), 0);
  job->usage.prompt_tokens = n_prompt;
  job->generates = false;
  job->pins = options.pin;
  job->conversation = options.conversation;
  auto generation = enqueue(std::move(job));
  if (!options.conversation.empty()) replace_prefill(options.conversation, generation);
  return generation;
}

void Engine::replace_prefill(const std::string& conversation, const std::shared_ptr<Generation>& generation) {
  std::lock_guard<std::mutex> lock(prefills_mutex_);
  for (auto entry = prefills_.begin(); entry != prefills_.end();) {
    const std::shared_ptr<Generation> before = entry->second.lock();
    if (before && entry->first == conversation) before->cancel();
    entry = before ? std::next(entry) : prefills_.erase(entry);
  }
  prefills_[conversation] = generation;
}

std::vector<float> Engine::logits(std::vector<Token> tokens) {
  check_prompt(tokens, 0);
  auto job = std::make_unique<Job>(Sequence(std::move(tokens), {}, 0), Sampler({}, model_.n_vocab()), 0);
  job->logits = std::make_unique<std::promise<std::vector<float>>>();
  auto result = job->logits->get_future();
  enqueue(std::move(job));
  return result.get();
}

std::shared_ptr<Generation> Engine::enqueue(std::unique_ptr<Job> job) {
  auto generation = job->generation;
  if (queue_.try_add(job)) return generation;
  if (queue_.closed()) throw Unavailable("the engine is closed");
  throw Unavailable("the queue is full: " + std::to_string(queue_.size()) + " requests wait");
}

EngineStats Engine::stats() const {
  EngineStats out = loop_.stats();
  out.n_queued = static_cast<int>(queue_.size());
  return out;
}

}  // namespace electron_local
