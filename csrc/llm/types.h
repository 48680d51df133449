// What travels between the rooms of csrc/llm. Nothing here knows libllama.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace electron_local {

using Token = std::int32_t;
using LogitBias = std::vector<std::pair<Token, float>>;  // added to the logits of these tokens

struct SamplingParams {
  float temperature = 1.0f;           // 0: greedy
  float top_p = 1.0f;                 // nucleus mass, (0, 1]
  int top_k = 0;                      // 0: all tokens
  float min_p = 0.0f;                 // share of the best token's probability, [0, 1]
  std::optional<std::uint64_t> seed;  // absent: a fresh one from the system
  std::optional<int> max_tokens;      // absent: what is left of the context
  std::vector<std::string> stop;      // never part of the output
  float presence_penalty = 0.0f;      // subtracted once from every token generated before
  float frequency_penalty = 0.0f;     // subtracted per earlier occurrence
  float repeat_penalty = 1.0f;        // divides positive logits of prompt and generated tokens
  LogitBias logit_bias = {};
  bool logprobs = false;                 // report each token's log-probability
  int top_logprobs = 0;                  // and those of so many likeliest tokens
  std::vector<Token> shown_tokens = {};  // control tokens whose text is part of the output
  std::optional<double> deadline_s;      // from submission; later, the request fails
};

// Ways in which an answer may go on, such as calls of several tools.
struct AlternativesSpec {
  struct Way {
    std::vector<Token> tokens;
    std::vector<Token>
        question;  // a prompt about this way alone; empty: it is not asked about, its odds are even
    bool is_trusted = false;  // where it is the likeliest, there is no doubt
  };

  std::vector<Way> ways;
  Token asked = 0;        // how likely it is behind a question tells how good the way is
  bool is_no = false;     // the likelier, the worse
  bool at_start = false;  // the ways begin with the answer; false: with their first token, the same of all
  float doubt = 0.98f;    // asked where the likeliest way is less likely than this beside the others
  float least = -1e9f;    // log-odds that the best way must exceed to be preferred
  float weight = 1.0f;    // of the log-odds that a way falls short of the best, taken off its logit
};

struct PrefillOptions {
  bool pin = false;  // evicted after everything else, and kept on disk where there is a directory for it
  std::string conversation;  // a later prefill of the same name frees the tail in which the two differ
};

enum class FinishReason { kStop, kLength, kCancelled };

struct Usage {
  int prompt_tokens = 0;
  int cached_tokens = 0;  // prompt tokens whose keys and values were reused: not evaluated for this request
  int completion_tokens = 0;
};

// Natural log-probabilities of a generated token and of the likeliest ones, best first.
struct TokenLogprobs {
  float logprob = 0.0f;
  std::vector<std::pair<Token, float>> top;
};

// One step of the output. `token` is -1 when the event only releases held-back text.
struct TokenEvent {
  std::string text;  // whole UTF-8 characters; may be empty
  Token token = -1;
  std::optional<TokenLogprobs> logprobs = std::nullopt;  // only when asked for
};

// Guessing tokens ahead: where it pays, never, or wherever there is something to guess (for tests).
enum class Speculation { kAuto, kOff, kAlways };

struct EngineOptions {
  int n_ctx = 0;       // tokens a request may use, input and output; 0: the model's limit, at most 32768
  int n_batch = 512;   // tokens in one prefill step
  int n_threads = 0;   // 0: one per physical core, fewer for a model too small to share out
  int n_queue = 64;    // requests that may wait
  int n_parallel = 8;  // requests that decode together
  std::optional<int> n_cached;  // conversations that stay in the live cache; absent: chosen for the model
  int cache_tokens = 0;         // cells of the live cache, all requests together; 0: what memory allows
  std::optional<std::size_t> host_bytes;  // for conversations that left the live cache; absent: likewise
  bool use_prefix_cache = true;
  std::string grammar_library;          // path of LLGuidance's library; empty: answers cannot be constrained
  bool use_extra_bufts = true;          // repacked weights (AMX among them)
  std::optional<bool> flash_attention;  // absent: chosen for the model
  Speculation speculation = Speculation::kAuto;
  std::string draft_model;           // path of a smaller model with the same vocabulary; empty: none
  int n_threads_limit = 0;           // of a decode step, where n_threads is 0; 0: chosen for the model
  bool quantised_kv = false;         // keys and values as q8_0 instead of f16; needs flash attention
  std::string lora;                  // path of a LoRA adapter; empty: none
  std::string snapshot_dir;          // where pinned prefixes are kept on disk; empty: nowhere
  std::uint64_t snapshot_bytes = 0;  // what they may take there
};

// What the prefix cache holds and has done.
struct CacheStats {
  int cells_used = 0;
  int cells_total = 0;
  int leaves_live = 0;  // conversations in the live cache
  int leaves_host = 0;  // in host memory
  std::int64_t host_bytes = 0;
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t evictions = 0;
  std::uint64_t moves_to_host = 0;
  std::uint64_t moves_from_host = 0;
  std::int64_t host_bytes_total = 0;
  int pinned_tokens = 0;  // shared ones once
  int snapshots = 0;      // pinned prefixes on disk
};

// Counters since the engine was made.
struct EngineStats {
  std::uint64_t requests = 0;
  std::uint64_t prompt_tokens = 0;
  std::uint64_t cached_tokens = 0;
  std::uint64_t evaluated_tokens = 0;  // counted at the decoder, prompts and output, refused guesses too
  std::uint64_t completion_tokens = 0;
  std::uint64_t drafted_tokens = 0;   // guessed ahead
  std::uint64_t accepted_tokens = 0;  // of these, became part of an answer
  std::uint64_t questions = 0;        // asked about alternatives; no requests
  std::uint64_t batches = 0;          // run at the decoder, of however many tokens
  int n_running = 0;
  int n_queued = 0;
  int last_prompt_tokens = 0;  // of the request that ended last, and how far into its prompt the cache went
  int last_match_tokens = 0;
  std::string last_match_end;  // why the last match ended: "cold", "first differing token", "end of cache",
                               // "evicted", "whole prompt", "not trimmable"
  CacheStats cache;
};

}  // namespace electron_local
