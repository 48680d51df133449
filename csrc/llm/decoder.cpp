#include "llm/decoder.h"

#include <algorithm>
#include <string>

#include "base/cores.h"
#include "base/error.h"
#include "llm/log_hook.h"

namespace electron_local {
namespace {

constexpr int kMaxDefaultContext = 32768;
// Below this size a step is so short that handing it to a second thread costs more than it gains.
constexpr std::int64_t kSmallModelBytes = 32 << 20;

int choose_n_ctx(const Model& model, const EngineOptions& options) {
  const int limit = model.info().n_ctx_train;
  if (options.n_ctx < 0 || options.n_ctx > limit) {
    throw InvalidArgument("n_ctx must be between 0 and the model's " + std::to_string(limit) + ", got " +
                          std::to_string(options.n_ctx));
  }
  return options.n_ctx > 0 ? options.n_ctx : std::min(limit, kMaxDefaultContext);
}

int choose_n_cells(int n_ctx, const EngineOptions& options) {
  if (options.cache_tokens == 0) return n_ctx;
  if (options.cache_tokens < n_ctx) {
    throw InvalidArgument("cache_tokens must be at least n_ctx, " + std::to_string(n_ctx) + ", got " +
                          std::to_string(options.cache_tokens));
  }
  return options.cache_tokens;
}

int choose_n_threads(const Model& model, const EngineOptions& options) {
  if (options.n_threads < 0 || options.n_threads > GGML_MAX_N_THREADS) {
    throw InvalidArgument("n_threads must be between 0 and " + std::to_string(GGML_MAX_N_THREADS) + ", got " +
                          std::to_string(options.n_threads));
  }
  if (options.n_threads > 0) return options.n_threads;
  return model.info().size_bytes < kSmallModelBytes ? 1 : std::max(1, n_physical_cores());
}

}  // namespace

Decoder::Decoder(const Model& model, const EngineOptions& options)
    : model_(model),
      n_ctx_(choose_n_ctx(model, options)),
      n_cells_(choose_n_cells(n_ctx_, options)),
      n_batch_(std::clamp(options.n_batch, 1, n_ctx_)),
      n_threads_(choose_n_threads(model, options)),
      can_trim_(!llama_model_is_recurrent(model.get()) && !llama_model_is_hybrid(model.get())),
      batch_(n_batch_) {
  llama_context_params params = llama_context_default_params();
  params.n_ctx = static_cast<std::uint32_t>(n_cells_);
  params.n_batch = static_cast<std::uint32_t>(n_batch_);
  params.n_ubatch = static_cast<std::uint32_t>(n_batch_);
  params.n_seq_max = static_cast<std::uint32_t>(n_sequences(options));
  params.kv_unified = true;
  params.swa_full = true;
  params.n_threads = n_threads_;
  params.n_threads_batch = options.n_threads > 0 ? n_threads_ : std::max(1, n_physical_cores());
  params.flash_attn_type =
      options.flash_attention ? LLAMA_FLASH_ATTN_TYPE_ENABLED : LLAMA_FLASH_ATTN_TYPE_DISABLED;
  params.no_perf = true;
  params.abort_callback = &Decoder::on_abort_asked;
  params.abort_callback_data = this;
  clear_last_error();
  context_.reset(llama_init_from_model(model.get(), params));
  if (!context_) {
    throw ModelLoadError("no context of " + std::to_string(n_cells_) +
                         " tokens can be made: " + last_error());
  }
}

bool Decoder::on_abort_asked(void* self) {
  const auto* should_abort = static_cast<Decoder*>(self)->should_abort_;
  return should_abort != nullptr && (*should_abort)();
}

DecodeResult Decoder::decode(const std::vector<BatchPart>& parts, const std::function<bool()>& should_abort) {
  batch_.clear();
  int n_before = 0;
  int n_tokens = 0;
  for (const BatchPart& part : parts) {
    n_tokens += part.n;
    if (part.n < 1 || n_tokens > n_batch_ || n_in_memory(part.id) != part.first ||
        part.first + part.n > n_ctx_) {
      throw DecodeError("a batch of " + std::to_string(n_tokens) + " tokens, " + std::to_string(part.n) +
                        " at " + std::to_string(part.first) + " behind " +
                        std::to_string(n_in_memory(part.id)) + ", does not fit: n_batch " +
                        std::to_string(n_batch_) + ", n_ctx " + std::to_string(n_ctx_));
    }
    n_before += part.first;
    for (int i = 0; i < part.n; ++i) {
      const int position = part.first + i;
      batch_.add((*part.tokens)[static_cast<std::size_t>(position)], position, part.id,
                 part.all_logits || i + 1 == part.n);
    }
  }
  // Without a way to cut a sequence back, an aborted batch could not be repeated.
  should_abort_ = can_trim_ && should_abort ? &should_abort : nullptr;
  const std::uint64_t mark = log_mark();
  const int status = llama_decode(context_.get(), batch_.get());
  should_abort_ = nullptr;
  int n_after = 0;
  for (const BatchPart& part : parts) n_after += n_in_memory(part.id);
  n_evaluated_.fetch_add(static_cast<std::uint64_t>(n_after - n_before), std::memory_order_relaxed);
  if (status == 0) return DecodeResult::kOk;
  if (status == 1) return DecodeResult::kNoRoom;
  if (status == 2) {
    demote_log_since(mark);
    return DecodeResult::kAborted;
  }
  throw DecodeError("llama_decode failed with " + std::to_string(status) + ": " + last_error());
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
  if (!can_trim_ || !llama_memory_seq_rm(memory(), to, begin, end)) return false;
  llama_memory_seq_cp(memory(), from, to, begin, end);
  return true;
}

std::vector<std::uint8_t> Decoder::save(SequenceId id) {
  std::vector<std::uint8_t> state(llama_state_seq_get_size(context_.get(), id));
  state.resize(llama_state_seq_get_data(context_.get(), state.data(), state.size(), id));
  return state;
}

bool Decoder::restore(SequenceId id, const std::vector<std::uint8_t>& state) {
  if (llama_state_seq_set_data(context_.get(), state.data(), state.size(), id) != 0) return true;
  drop(id);
  return false;
}

int Decoder::n_in_memory(SequenceId id) const { return llama_memory_seq_pos_max(memory(), id) + 1; }

}  // namespace electron_local
