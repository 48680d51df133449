// The decode loop's surroundings without a model: a decoder whose next token is a function of the tokens
// before it, and a rig that runs the loop in its thread.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <new>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/error.h"
#include "check.h"
#include "llm/decode_loop.h"

namespace electron_local_test {

using namespace electron_local;  // the whole room is under test

constexpr int kVocabulary = 64;
constexpr Token kEnd = 0;

// A language model of sorts: a hash of the last `order` tokens (0: of all). A low order repeats itself.
struct FakeModel {
  unsigned seed = 0;
  int order = 0;

  std::uint64_t hash(const std::vector<Token>& tokens, std::size_t n) const {
    std::uint64_t hash = 1469598103934665603u + seed;
    const std::size_t first = order == 0 ? 0 : n - std::min(n, static_cast<std::size_t>(order));
    for (std::size_t i = first; i < n; ++i)
      hash = (hash ^ static_cast<std::uint64_t>(tokens[i] + 1)) * 1099511628211u;
    hash = (hash ^ hash >> 29) * 0xbf58476d1ce4e5b9u;
    return hash ^ hash >> 32;
  }
  Token next_token(const std::vector<Token>& tokens, std::size_t n) const {
    return static_cast<Token>((hash(tokens, n) >> 33) % kVocabulary);
  }
  // The next token is the likeliest, the others are not much less so.
  std::vector<float> logits(const std::vector<Token>& tokens, std::size_t n) const {
    std::vector<float> out(kVocabulary);
    std::uint64_t state = hash(tokens, n);
    for (float& logit : out) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      logit = static_cast<float>(state >> 40) / static_cast<float>(1 << 24);
    }
    out[static_cast<std::size_t>(next_token(tokens, n))] = 5.0f;
    return out;
  }
};

inline std::vector<Token> expected_reply(std::vector<Token> tokens, int n_most, const FakeModel& model = {},
                                         bool has_end = true) {
  std::vector<Token> reply;
  while (static_cast<int>(reply.size()) < n_most) {
    const Token token = model.next_token(tokens, tokens.size());
    if (has_end && token == kEnd) break;
    reply.push_back(token);
    tokens.push_back(token);
  }
  return reply;
}

class FakeVocabulary final : public Vocabulary {
 public:
  explicit FakeVocabulary(bool has_end) : has_end_(has_end) {}
  int n_vocab() const override { return kVocabulary; }
  bool is_end_of_generation(Token token) const override { return has_end_ && token == kEnd; }
  std::string piece(Token token, bool) const override {
    return std::string(1, static_cast<char>('0' + token));
  }

 private:
  const bool has_end_;
};

// Memory is a token list an id; a full decoder refuses a batch, and an abort may strike in the middle of one.
class FakeDecoder final : public BatchDecoder {
 public:
  FakeDecoder(int n_ctx, int n_cells, int n_batch, FakeModel model = {}, bool can_trim = true)
      : n_ctx_(n_ctx), n_cells_(n_cells), n_batch_(n_batch), model_(model), can_trim_(can_trim) {}

  DecodeResult decode(const std::vector<BatchPart>& parts,
                      const std::function<bool()>& should_abort) override {
    rows_.clear();
    int n_tokens = 0;
    for (const BatchPart& part : parts) {
      n_tokens += part.n_total();
      std::vector<Token>& here = memory_[part.id];
      if (static_cast<int>(here.size()) != part.first || n_tokens > n_batch_) throw DecodeError("bad batch");
      if (part.first + part.n_total() > n_ctx_) throw DecodeError("past the context");
      for (int i = 0; i < part.n_total(); ++i) {
        if (should_abort && should_abort()) return DecodeResult::kAborted;
        here.push_back(i < part.n ? (*part.tokens)[static_cast<std::size_t>(part.first + i)]
                                  : (*part.guesses)[static_cast<std::size_t>(i - part.n)]);
        n_evaluated_.fetch_add(1);
        const bool has_logits = part.all_logits || i + 1 >= part.n;
        rows_.push_back(has_logits ? model_.logits(here, here.size()) : std::vector<float>());
      }
    }
    return DecodeResult::kOk;
  }
  const float* logits(int i) const override {
    const std::vector<float>& row = rows_.at(static_cast<std::size_t>(i));
    if (row.empty()) throw DecodeError("no logits asked for");
    return row.data();
  }
  int n_in_memory(SequenceId id) const override {
    const auto found = memory_.find(id);
    return found == memory_.end() ? 0 : static_cast<int>(found->second.size());
  }
  void share(SequenceId from, SequenceId to, int n) override {
    const std::vector<Token> source = memory_[from];
    memory_[to].assign(source.begin(), source.begin() + n);
  }
  int trim(SequenceId id, int n) override {
    std::vector<Token>& here = memory_[id];
    if (!can_trim_now && static_cast<std::size_t>(n) < here.size()) n = 0;
    if (static_cast<std::size_t>(n) < here.size()) here.resize(static_cast<std::size_t>(n));
    return static_cast<int>(here.size());
  }
  void drop(SequenceId id) override { memory_[id].clear(); }
  std::size_t n_state_bytes(SequenceId id, int begin) override {
    return (memory_[id].size() - static_cast<std::size_t>(begin)) * sizeof(Token);
  }
  SavedState save(SequenceId id, int begin, std::size_t n_most_bytes) override {
    if (save_throws) throw std::bad_alloc();
    const std::size_t n_bytes = n_state_bytes(id, begin);
    if (n_bytes > n_most_bytes) return {};
    return {memory_[id].data() + begin, n_bytes};
  }
  bool restore(SequenceId id, const SavedState& state) override {
    const auto* tokens = reinterpret_cast<const Token*>(state.data());
    memory_[id].insert(memory_[id].end(), tokens, tokens + state.size() / sizeof(Token));
    return true;
  }
  int n_ctx() const override { return n_ctx_; }
  int n_cells() const override { return n_cells_; }
  int n_batch() const override { return n_batch_; }
  bool can_trim() const override { return can_trim_; }
  std::uint64_t n_evaluated() const override { return n_evaluated_.load(); }

  std::atomic<bool> save_throws{false};
  std::atomic<bool> can_trim_now{true};  // false: refuses cuts

 private:
  const int n_ctx_, n_cells_, n_batch_;
  const FakeModel model_;
  const bool can_trim_;
  std::map<SequenceId, std::vector<Token>> memory_;
  std::vector<std::vector<float>> rows_;
  std::atomic<std::uint64_t> n_evaluated_{0};
};

inline Settings with_cells(Settings settings, int n_ctx, int n_cells, int n_batch) {
  settings.n_ctx = n_ctx;
  settings.n_cells = n_cells;
  settings.n_batch = n_batch;
  return settings;
}

inline SamplingParams greedy() {
  SamplingParams params;
  params.temperature = 0;
  return params;
}

inline std::unique_ptr<Job> make_job(std::vector<Token> prompt, int n_most,
                                     const SamplingParams& params = greedy()) {
  const auto n_prompt = static_cast<int>(prompt.size());
  auto job = std::make_unique<Job>(Sequence(std::move(prompt), params.stop, n_most),
                                   Sampler(params, kVocabulary), n_most);
  job->usage.prompt_tokens = n_prompt;
  return job;
}

// A loop in its thread.
class Rig {
 public:
  Rig(int n_ctx, int n_cells, int n_batch, const Settings& settings, bool has_end = true,
      FakeModel model = {}, bool can_trim = true)
      : vocabulary_(has_end),
        decoder_(n_ctx, n_cells, n_batch, model, can_trim),
        queue_(256),
        loop_(vocabulary_, decoder_, queue_, with_cells(settings, n_ctx, n_cells, n_batch)) {
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~Rig() { close(); }

  void close() {
    queue_.close();
    if (thread_.joinable()) thread_.join();
  }

  std::shared_ptr<Generation> submit(std::vector<Token> prompt, int n_most, int priority = 0) {
    auto job = make_job(std::move(prompt), n_most);
    job->priority = priority;
    return submit(std::move(job));
  }

  std::shared_ptr<Generation> submit(std::unique_ptr<Job> job) {
    const auto generation = job->generation;
    CHECK(queue_.try_add(job));
    return generation;
  }

  EngineStats stats() const { return loop_.stats(); }
  FakeDecoder& decoder() { return decoder_; }

 private:
  FakeVocabulary vocabulary_;
  FakeDecoder decoder_;
  RequestQueue queue_;
  DecodeLoop loop_;
  std::thread thread_;
};

inline std::vector<Token> read(Generation& generation) {
  std::vector<Token> out;
  while (!generation.done()) {
    for (const TokenEvent& event : generation.next(std::chrono::milliseconds(100))) {
      if (event.token >= 0) out.push_back(event.token);
    }
  }
  generation.next(std::chrono::milliseconds(0));  // rethrows what ended it badly
  return out;
}

}  // namespace electron_local_test
