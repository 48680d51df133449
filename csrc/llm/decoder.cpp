#include "llm/decoder.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <new>
#include <string>

#include "base/error.h"
#include "llm/log_hook.h"

namespace electron_local {
namespace {

using Clock = std::chrono::steady_clock;

// 0 where the file does not say it, or says one number a layer.
std::int64_t metadata_number(const Model& model, const char* key) {
  const std::string name = model.info().architecture + key;
  char buffer[32] = {};
  if (llama_model_meta_val_str(model.get(), name.c_str(), buffer, sizeof buffer) < 0) return 0;
  return std::strtoll(buffer, nullptr, 10);
}

AttentionPath attention_path(const Settings& settings, bool has_own_attention) {
  if (!settings.flash_attention) return AttentionPath::kSeparateNodes;
  if (has_own_attention) return AttentionPath::kOwn;
  return settings.quantised_kv ? AttentionPath::kFlash : AttentionPath::kFlashInTiles;
}

NodeCosts node_costs(const Model& model, const Settings& settings) {
  const std::int64_t n_embd = llama_model_n_embd(model.get());
  const std::int64_t n_head = model.info().n_head;
  const std::int64_t head_width = metadata_number(model, ".attention.key_length");
  const std::int64_t query_width = head_width > 0 ? n_head * head_width : n_embd;
  const std::int64_t n_ff = std::max(metadata_number(model, ".feed_forward_length"), n_embd);
  return {n_embd * n_ff, query_width, attention_path(settings, model.info().has_own_attention)};
}

}  // namespace

Decoder::Decoder(const Model& model, const Settings& settings)
    : n_ctx_(settings.n_ctx),
      n_cells_(settings.n_cells),
      n_batch_(settings.n_batch),
      can_trim_(!llama_model_is_recurrent(model.get()) && !llama_model_is_hybrid(model.get())),
      scratch_(settings.n_sequences()),
      costs_(node_costs(model, settings)),
      batch_(n_batch_),
      threads_({settings.n_threads, settings.n_threads_batch, settings.adaptive_threads,
                settings.measured_threads}) {
  llama_context_params params = llama_context_default_params();
  params.n_ctx = static_cast<std::uint32_t>(n_cells_);
  params.n_batch = static_cast<std::uint32_t>(n_batch_);
  params.n_ubatch = static_cast<std::uint32_t>(n_batch_);
  params.n_seq_max = static_cast<std::uint32_t>(settings.n_sequences() + (can_trim_ ? 1 : 0));
  // libllama reserves a row of logits a sequence, and aborts where it may not.
  params.n_outputs_max = std::max(params.n_batch, params.n_seq_max);
  params.kv_unified = true;
  params.swa_full = true;
  params.n_threads = settings.n_threads;
  params.n_threads_batch = settings.n_threads_batch;
  params.flash_attn_type =
      settings.flash_attention ? LLAMA_FLASH_ATTN_TYPE_ENABLED : LLAMA_FLASH_ATTN_TYPE_DISABLED;
  if (settings.quantised_kv) params.type_k = params.type_v = GGML_TYPE_Q8_0;
  params.no_perf = true;
  params.abort_callback = &Decoder::on_abort_asked;
  params.abort_callback_data = this;
  clear_first_error();
  context_.reset(llama_init_from_model(model.get(), params));
  if (!context_) {
    throw ModelLoadError("no context of " + std::to_string(n_cells_) +
                         " tokens can be made: " + first_error());
  }
  llama_adapter_lora* lora = model.lora();
  float scale = 1.0f;
  if (lora != nullptr && llama_set_adapters_lora(context_.get(), &lora, 1, &scale) != 0) {
    throw ModelLoadError("the LoRA adapter cannot be applied: " + first_error());
  }
  if (memory() == nullptr)
    throw ModelLoadError("not a decoder-only language model: it keeps no keys and values");
}

bool Decoder::on_abort_asked(void* self) noexcept {
  const auto* should_abort = static_cast<Decoder*>(self)->should_abort_;
  return should_abort != nullptr && (*should_abort)();
}

DecodeResult Decoder::decode(const std::vector<BatchPart>& parts, const std::function<bool()>& should_abort) {
  batch_.clear();
  int n_before = 0;
  int n_tokens = 0;
  for (const BatchPart& part : parts) {
    n_tokens += part.n_total();
    if (part.n < 1 || n_tokens > n_batch_ || n_in_memory(part.id) != part.first ||
        part.first + part.n_total() > n_ctx_) {
      throw DecodeError("a batch of " + std::to_string(n_tokens) + " tokens, " +
                        std::to_string(part.n_total()) + " at " + std::to_string(part.first) + " behind " +
                        std::to_string(n_in_memory(part.id)) + ", does not fit: n_batch " +
                        std::to_string(n_batch_) + ", n_ctx " + std::to_string(n_ctx_));
    }
    n_before += part.first;
    for (int i = 0; i < part.n; ++i) {
      const int position = part.first + i;
      batch_.add((*part.tokens)[static_cast<std::size_t>(position)], position, part.id,
                 part.all_logits || i + 1 == part.n);
    }
    for (int i = 0; i < part.n_guesses(); ++i) {
      batch_.add((*part.guesses)[static_cast<std::size_t>(i)], part.first + part.n + i, part.id, true);
    }
  }
  // Without a way to cut a sequence back, an aborted batch could not be repeated.
  should_abort_ = can_trim_ && should_abort ? &should_abort : nullptr;
  clear_first_error();
  const std::uint64_t mark = log_mark();
  const int n_threads = threads_.begin(n_tokens);
  if (n_threads != llama_n_threads(context_.get()) || n_threads != llama_n_threads_batch(context_.get()))
    llama_set_n_threads(context_.get(), n_threads, n_threads);
  const auto begin = Clock::now();
  const int status = llama_decode(context_.get(), batch_.get());
  should_abort_ = nullptr;
  int n_after = 0;
  for (const BatchPart& part : parts) n_after += n_in_memory(part.id);
  n_evaluated_.fetch_add(static_cast<std::uint64_t>(n_after - n_before), std::memory_order_relaxed);
  if (status == 0) {
    threads_.end(n_tokens, n_before);
    copy_cost_.note_evaluated(n_tokens, Clock::now() - begin);
    return DecodeResult::kOk;
  }
  if (status == 1) return DecodeResult::kNoRoom;
  if (status == 2) {
    demote_log_since(mark);
    return DecodeResult::kAborted;
  }
  throw DecodeError("llama_decode failed with " + std::to_string(status) + ": " + first_error());
}

const float* Decoder::logits(int i) const {
  const float* row = llama_get_logits_ith(context_.get(), i);
  if (row == nullptr) throw DecodeError("token " + std::to_string(i) + " of the batch has no logits");
  return row;
}

void Decoder::share(SequenceId from, SequenceId to, int n_tokens) {
  llama_memory_seq_cp(memory(), from, to, 0, n_tokens);
}

int Decoder::trim(SequenceId id, int n_tokens) {
  const int n_here = n_in_memory(id);
  if (n_tokens >= n_here) return n_here;
  const bool reaches_back = llama_memory_seq_pos_min(memory(), id) <= 0;
  if (n_tokens > 0 && can_trim_ && reaches_back && llama_memory_seq_rm(memory(), id, n_tokens, -1))
    return n_tokens;
  drop(id);
  return 0;
}

void Decoder::drop(SequenceId id) { llama_memory_seq_rm(memory(), id, -1, -1); }

bool Decoder::replace(SequenceId from, SequenceId to, int begin, int end) {
  if (!can_trim_ || llama_memory_seq_pos_min(memory(), from) > begin) return false;  // a window lost them
  if (!llama_memory_seq_rm(memory(), to, begin, end)) return false;
  llama_memory_seq_cp(memory(), from, to, begin, end);
  return true;
}

std::size_t Decoder::n_state_bytes(SequenceId id, int begin) {
  const SequenceId source = begin_copy(id, begin);
  if (source < 0) return 0;
  const std::size_t n_bytes = llama_state_seq_get_size(context_.get(), source);
  end_copy(source);
  return n_bytes;
}

SavedState Decoder::save(SequenceId id, int begin, std::size_t n_most_bytes) {
  const auto start = Clock::now();
  const SequenceId source = begin_copy(id, begin);
  if (source < 0) return {};
  SavedState state;
  try {
    const std::size_t n_bytes = llama_state_seq_get_size(context_.get(), source);
    if (n_bytes <= n_most_bytes) {
      state = SavedState(n_bytes);
      state.shrink(llama_state_seq_get_data(context_.get(), state.data(), state.size(), source));
      copy_cost_.note_copied(n_in_memory(id) - begin, Clock::now() - start);
    }
  } catch (const std::bad_alloc&) {
  }
  end_copy(source);
  return state;
}

// The sequence that holds what stands in `id` from `begin` on, until `end_copy`; -1: there is none.
SequenceId Decoder::begin_copy(SequenceId id, int begin) {
  if (begin == 0) return id;
  if (!can_trim_ || llama_memory_seq_pos_min(memory(), id) > 0) return -1;
  llama_memory_seq_cp(memory(), id, scratch_, begin, -1);
  return scratch_;
}

void Decoder::end_copy(SequenceId source) {
  if (source == scratch_) drop(scratch_);
}

bool Decoder::restore(SequenceId id, const SavedState& state) {
  const int n_before = n_in_memory(id);
  const SequenceId target = n_before == 0 ? id : scratch_;
  const auto start = Clock::now();
  const bool is_read = llama_state_seq_set_data(context_.get(), state.data(), state.size(), target) > 0;
  const bool is_next = target == id || llama_memory_seq_pos_min(memory(), target) == n_before;
  if (is_read && is_next) {
    copy_cost_.note_copied(n_in_memory(target) - n_before, Clock::now() - start);
    if (target != id) llama_memory_seq_cp(memory(), target, id, -1, -1);
  }
  if (!is_read || target != id) drop(target);
  return is_read && is_next;
}

int Decoder::n_in_memory(SequenceId id) const { return llama_memory_seq_pos_max(memory(), id) + 1; }

}  // namespace electron_local
