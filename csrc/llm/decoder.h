// Runs batches: one libllama context and its memory of keys and values.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <vector>

#include "llm/batch_decoder.h"
#include "llm/cache/copy_cost.h"
#include "llm/llama_api.h"
#include "llm/model.h"
#include "llm/prefill_length.h"
#include "llm/settings.h"
#include "llm/threads/step_threads.h"
#include "llm/types.h"

namespace electron_local {

// Used by the decode thread alone, but for `n_evaluated`. The model must outlive it.
class Decoder final : public BatchDecoder {
 public:
  // Throws ModelLoadError when libllama can make no context (most often: not enough memory).
  Decoder(const Model& model, const Settings& settings);

  DecodeResult decode(const std::vector<BatchPart>& parts,
                      const std::function<bool()>& should_abort) override;
  const float* logits(int i) const override;

  void share(SequenceId from, SequenceId to, int n_tokens) override;
  int trim(SequenceId id, int n_tokens) override;
  void drop(SequenceId id) override;
  bool replace(SequenceId from, SequenceId to, int begin, int end) override;
  std::size_t n_state_bytes(SequenceId id, int begin) override;
  SavedState save(SequenceId id, int begin, std::size_t n_most_bytes) override;
  bool restore(SequenceId id, const SavedState& state) override;

  int n_copied_per_evaluated() const override { return copy_cost_.n_copied_per_evaluated(); }

  int n_in_memory(SequenceId id) const override;
  int n_ctx() const override { return n_ctx_; }
  int n_cells() const override { return n_cells_; }
  int n_batch() const override { return n_batch_; }
  int n_prefill(int n_cells) const override { return prefill_length(costs_, n_cells, n_batch_); }
  bool can_trim() const override { return can_trim_; }
  std::uint64_t n_evaluated() const override { return n_evaluated_.load(std::memory_order_relaxed); }

 private:
  static bool on_abort_asked(void* self) noexcept;

  llama_memory_t memory() const { return llama_get_memory(context_.get()); }
  SequenceId begin_copy(SequenceId id, int begin);
  void end_copy(SequenceId source);

  int n_ctx_;    // tokens a request
  int n_cells_;  // of all sequences together
  int n_batch_;
  bool can_trim_;
  const SequenceId scratch_;  // of no request, and empty: parts of sequences are copied through it
  NodeCosts costs_;
  ContextHandle context_;
  Batch batch_;
  StepThreads threads_;
  CopyCost copy_cost_;
  const std::function<bool()>* should_abort_ = nullptr;  // of the batch that runs
  std::atomic<std::uint64_t> n_evaluated_{0};
};

}  // namespace electron_local
