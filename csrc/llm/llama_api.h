// libllama behind owning handles. Only files that include this one may call libllama.
#pragma once

#include <ggml-backend.h>
#include <ggml-cpu.h>
#include <gguf.h>
#include <llama.h>

#include <memory>

namespace electron_local {

struct LlamaDeleter {
  void operator()(llama_model* p) const { llama_model_free(p); }
  void operator()(llama_context* p) const { llama_free(p); }
  void operator()(llama_adapter_lora* p) const { llama_adapter_lora_free(p); }
  void operator()(gguf_context* p) const { gguf_free(p); }
};

using ModelHandle = std::unique_ptr<llama_model, LlamaDeleter>;
using AdapterHandle = std::unique_ptr<llama_adapter_lora, LlamaDeleter>;  // goes before its model
using HeaderHandle = std::unique_ptr<gguf_context, LlamaDeleter>;         // of a model file
using ContextHandle = std::unique_ptr<llama_context, LlamaDeleter>;

// A batch with room for `capacity` tokens of one sequence each.
class Batch {
 public:
  explicit Batch(int capacity) : batch_(llama_batch_init(capacity, 0, 1)) {}
  ~Batch() { llama_batch_free(batch_); }
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  void clear() { batch_.n_tokens = 0; }
  void add(llama_token token, llama_pos position, llama_seq_id sequence, bool wants_logits) {
    const int i = batch_.n_tokens++;
    batch_.token[i] = token;
    batch_.pos[i] = position;
    batch_.n_seq_id[i] = 1;
    batch_.seq_id[i][0] = sequence;
    batch_.logits[i] = wants_logits ? 1 : 0;
  }
  const llama_batch& get() const { return batch_; }

 private:
  llama_batch batch_;
};

}  // namespace electron_local
