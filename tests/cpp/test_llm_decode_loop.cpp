// The decode loop over a fake decoder whose next token is a function of all tokens before it: whatever is
// batched, cached, cancelled or put back, every request must get exactly the tokens that it would get alone.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <new>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/error.h"
#include "check.h"
#include "llm/decode_loop.h"

using namespace electron_local;  // the whole room is under test

namespace {

constexpr int kVocabulary = 64;
constexpr Token kEnd = 0;

Token next_token(const std::vector<Token>& tokens, std::size_t n) {
  std::uint64_t hash = 1469598103934665603u;
  for (std::size_t i = 0; i < n; ++i)
    hash = (hash ^ static_cast<std::uint64_t>(tokens[i] + 1)) * 1099511628211u;
  return static_cast<Token>((hash >> 33) % kVocabulary);
}

std::vector<Token> expected_reply(std::vector<Token> tokens, int n_most) {
  std::vector<Token> reply;
  while (static_cast<int>(reply.size()) < n_most) {
    const Token token = next_token(tokens, tokens.size());
    if (token == kEnd) break;
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
  FakeDecoder(int n_ctx, int n_cells, int n_batch) : n_ctx_(n_ctx), n_cells_(n_cells), n_batch_(n_batch) {}

  DecodeResult decode(const std::vector<BatchPart>& parts,
                      const std::function<bool()>& should_abort) override {
    rows_.clear();
    int n_tokens = 0;
    for (const BatchPart& part : parts) {
      n_tokens += part.n;
      std::vector<Token>& here = memory_[part.id];
      if (static_cast<int>(here.size()) != part.first || n_tokens > n_batch_) throw DecodeError("bad batch");
      for (int i = 0; i < part.n; ++i) {
        if (should_abort && should_abort()) return DecodeResult::kAborted;
        here.push_back((*part.tokens)[static_cast<std::size_t>(part.first + i)]);
        n_evaluated_.fetch_add(1);
        std::vector<float> row(kVocabulary, 0.0f);
        row[static_cast<std::size_t>(next_token(here, here.size()))] = 1.0f;
        rows_.push_back(std::move(row));
      }
    }
    return DecodeResult::kOk;
  }
  const float* logits(int i) const override { return rows_.at(static_cast<std::size_t>(i)).data(); }
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
    if (static_cast<std::size_t>(n) < here.size()) here.resize(static_cast<std::size_t>(n));
    return static_cast<int>(here.size());
  }
  void drop(SequenceId id) override { memory_[id].clear(); }
  std::vector<std::uint8_t> save(SequenceId id, std::size_t n_most_bytes) override {
    if (save_throws) throw std::bad_alloc();
    if (memory_[id].size() * sizeof(Token) > n_most_bytes) return {};
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(memory_[id].data());
    return {bytes, bytes + memory_[id].size() * sizeof(Token)};
  }
  bool restore(SequenceId id, const std::vector<std::uint8_t>& state) override {
    const auto* tokens = reinterpret_cast<const Token*>(state.data());
    memory_[id].assign(tokens, tokens + state.size() / sizeof(Token));
    return true;
  }
  int n_ctx() const override { return n_ctx_; }
  int n_cells() const override { return n_cells_; }
  int n_batch() const override { return n_batch_; }
  bool can_trim() const override { return true; }
  std::uint64_t n_evaluated() const override { return n_evaluated_.load(); }

  std::atomic<bool> save_throws{false};

 private:
  const int n_ctx_, n_cells_, n_batch_;
  std::map<SequenceId, std::vector<Token>> memory_;
  std::vector<std::vector<float>> rows_;
  std::atomic<std::uint64_t> n_evaluated_{0};
};

Settings with_cells(Settings settings, int n_ctx, int n_cells, int n_batch) {
  settings.n_ctx = n_ctx;
  settings.n_cells = n_cells;
  settings.n_batch = n_batch;
  return settings;
}

// A loop in its thread.
class Rig {
 public:
  Rig(int n_ctx, int n_cells, int n_batch, const Settings& settings, bool has_end = true)
      : vocabulary_(has_end),
        decoder_(n_ctx, n_cells, n_batch),
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
    SamplingParams params;
    params.temperature = 0;
    const auto n_prompt = static_cast<int>(prompt.size());
    auto job =
        std::make_unique<Job>(Sequence(std::move(prompt), {}, n_most), Sampler(params, kVocabulary), n_most);
    const auto generation = job->generation;
    job->usage.prompt_tokens = n_prompt;
    job->priority = priority;
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

std::vector<Token> read(Generation& generation) {
  std::vector<Token> out;
  while (!generation.done()) {
    for (const TokenEvent& event : generation.next(std::chrono::milliseconds(100))) {
      if (event.token >= 0) out.push_back(event.token);
    }
  }
  return out;
}

std::vector<Token> random_prompt(std::mt19937& random, const std::vector<std::vector<Token>>& prefixes) {
  std::vector<Token> prompt = prefixes[random() % prefixes.size()];
  prompt.resize(1 + random() % prompt.size());
  const std::size_t n_own = 1 + random() % 40;
  for (std::size_t i = 0; i < n_own; ++i)
    prompt.push_back(static_cast<Token>(1 + random() % (kVocabulary - 1)));
  return prompt;
}

std::vector<std::vector<Token>> random_prefixes(std::mt19937& random) {
  std::vector<std::vector<Token>> prefixes(4);
  for (auto& prefix : prefixes) {
    for (int i = 0; i < 80; ++i) prefix.push_back(static_cast<Token>(1 + random() % (kVocabulary - 1)));
  }
  return prefixes;
}

// `n_cells` below what all requests need makes them give way to each other.
void test_random_requests_get_their_own_tokens(bool use_prefix_cache, int n_cells, unsigned seed) {
  Settings settings;
  settings.n_parallel = 4;
  settings.n_cached = 3;
  settings.host_bytes = 2000;
  settings.use_prefix_cache = use_prefix_cache;
  Rig rig(200, n_cells, 32, settings);
  std::mt19937 random(seed);
  const auto prefixes = random_prefixes(random);
  for (int round = 0; round < 30; ++round) {
    std::vector<std::pair<std::shared_ptr<Generation>, std::vector<Token>>> sent;
    for (int i = 0; i < 8; ++i) {
      const std::vector<Token> prompt = random_prompt(random, prefixes);
      const int n_most = 1 + static_cast<int>(random() % 30);
      sent.emplace_back(rig.submit(prompt, n_most, static_cast<int>(random() % 2)),
                        expected_reply(prompt, n_most));
      if (random() % 5 == 0) sent.back().first->cancel();
    }
    for (auto& [generation, expected] : sent) {
      const std::vector<Token> got = read(*generation);
      if (generation->finish_reason() == FinishReason::kCancelled) {
        CHECK(got.size() <= expected.size());
        CHECK(std::equal(got.begin(), got.end(), expected.begin()));
      } else {
        CHECK(got == expected);
      }
      const Usage usage = generation->usage();
      CHECK(usage.cached_tokens < std::max(usage.prompt_tokens, 1));
    }
  }
}

void test_a_shared_prefix_is_evaluated_once() {
  Settings settings;
  settings.n_parallel = 8;
  Rig rig(2000, 4000, 128, settings);
  std::mt19937 random(1);
  std::vector<Token> prefix;
  for (int i = 0; i < 1000; ++i) prefix.push_back(static_cast<Token>(1 + random() % (kVocabulary - 1)));
  std::vector<std::shared_ptr<Generation>> sent;
  for (Token i = 1; i <= 8; ++i) {
    std::vector<Token> prompt = prefix;
    prompt.push_back(i);
    sent.push_back(rig.submit(prompt, 1));
  }
  for (auto& generation : sent) read(*generation);
  CHECK_EQUAL(rig.stats().evaluated_tokens, 1000u + 8u);
}

void test_cancelled_requests_leave_the_queue_while_others_run() {
  Settings settings;
  settings.n_parallel = 1;
  Rig rig(100000, 100000, 32, settings, /*has_end=*/false);
  auto running = rig.submit({1}, 90000);
  auto waiting = rig.submit({2}, 10);
  waiting->cancel();
  CHECK(read(*waiting).empty());
  CHECK(waiting->finish_reason() == FinishReason::kCancelled);
  running->cancel();
  read(*running);
}

// Memory runs out while a finished request moves another to host memory: readers are told, the loop goes on.
void test_a_failing_cache_ends_requests_and_not_the_process() {
  Settings settings;
  settings.n_parallel = 2;
  settings.n_cached = 1;
  settings.host_bytes = 1 << 20;
  Rig rig(64, 64, 64, settings, /*has_end=*/false);
  int n_failed = 0;
  for (Token i = 1; i <= 6; ++i) {
    rig.decoder().save_throws = i <= 4;
    const std::vector<Token> prompt = {i, 1, 2, 3, 4, 5, 6, 7};
    auto generation = rig.submit(prompt, 2);
    try {
      while (!generation->done()) generation->next(std::chrono::milliseconds(50));
      generation->next(std::chrono::milliseconds(0));
    } catch (const std::bad_alloc&) {
      ++n_failed;
    }
  }
  CHECK(n_failed > 0);
  CHECK_EQUAL(read(*rig.submit({9, 9}, 3)).size(), 3u);
}

void test_closing_ends_everything() {
  Settings settings;
  settings.n_parallel = 2;
  auto rig = std::make_unique<Rig>(100000, 100000, 32, settings, /*has_end=*/false);
  std::vector<std::shared_ptr<Generation>> sent;
  for (Token i = 1; i < 10; ++i) sent.push_back(rig->submit({i, 5, 9}, 50000));
  rig.reset();
  for (auto& generation : sent) {
    read(*generation);
    CHECK(generation->finish_reason() == FinishReason::kCancelled);
  }
}

}  // namespace

int main() {
  for (const unsigned seed : {1u, 2u, 3u}) {
    test_random_requests_get_their_own_tokens(true, 4000, seed);
    test_random_requests_get_their_own_tokens(true, 260, seed);
    test_random_requests_get_their_own_tokens(false, 4000, seed);
    test_random_requests_get_their_own_tokens(false, 260, seed);
  }
  test_a_shared_prefix_is_evaluated_once();
  test_cancelled_requests_leave_the_queue_while_others_run();
  test_a_failing_cache_ends_requests_and_not_the_process();
  test_closing_ends_everything();
  return electron_local_test::n_failures;
}
