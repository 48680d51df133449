// Runs batches: one libllama context and its memory of keys and values.
#pragma once

#include <atomic>
#include <cstdint>

#include "llm/generation.h"
#include "llm/llama_api.h"
#include "llm/model.h"
#include "llm/types.h"

namespace electron_local {

enum class DecodeResult { kOk, kCancelled };

// Used by the decode thread alone, but for `n_evaluated`. The model must outlive it.
class Decoder {
 public:
  // Throws ModelLoadError when libllama can make no context (most often: not enough memory).
  Decoder(const Model& model, const EngineOptions& options);

  // Cuts memory to its first `n_tokens`; returns how many really stay: 0 where the model cannot be trimmed.
  int trim(int n_tokens);

  // Evaluates tokens [first, first + n) of `tokens` behind what stands in memory; n <= n_batch. The last
  // one's logits can be read afterwards, every one's with `all_logits`. Cancelling `owner` stops it in the
  // middle: memory then holds `n_in_memory` tokens.
  DecodeResult decode(const std::vector<Token>& tokens, int first, int n, bool all_logits,
                      const Generation* owner);

  // n_vocab values of the i-th token that asked for them in the last batch; -1: the last one.
  const float* logits(int i = -1) const;

  int n_in_memory() const;
  int n_ctx() const { return n_ctx_; }
  int n_batch() const { return n_batch_; }
  int n_threads() const { return n_threads_; }
  std::uint64_t n_evaluated() const { return n_evaluated_.load(std::memory_order_relaxed); }

 private:
  static bool should_abort(void* self);

  const Model& model_;
  int n_ctx_;
  int n_batch_;
  int n_threads_;
  ContextHandle context_;
  Batch batch_;
  const Generation* owner_ = nullptr;  // of the batch that runs
  std::atomic<std::uint64_t> n_evaluated_{0};
};

}  // namespace electron_local
