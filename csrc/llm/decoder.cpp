#include "llm/decoder.h"

#include <algorithm>
#include <string>

#include "base/cores.h"
#include "base/error.h"
#include "llm/log_hook.h"

namespace electron_local {
namespace {

constexpr llama_seq_id kSequence = 0;
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
      n_batch_(std::clamp(options.n_batch, 1, n_ctx_)),
      n_threads_(choose_n_threads(model, options)),
      batch_(n_batch_) {
  llama_context_params params = llama_context_default_params();
  params.n_ctx = static_cast<std::uint32_t>(n_ctx_);
  params.n_batch = static_cast<std::uint32_t>(n_batch_);
  params.n_ubatch = static_cast<std::uint32_t>(n_batch_);
  params.n_seq_max = 1;
  params.kv_unified = true;
  params.swa_full = true;
  params.n_threads = n_threads_;
  params.n_threads_batch = options.n_threads > 0 ? n_threads_ : std::max(1, n_physical_cores());
  params.flash_attn_type =
      options.flash_attention ? LLAMA_FLASH_ATTN_TYPE_ENABLED : LLAMA_FLASH_ATTN_TYPE_DISABLED;
  params.no_perf = true;
  params.abort_callback = &Decoder::should_abort;
  params.abort_callback_data = this;
  clear_last_error();
  context_.reset(llama_init_from_model(model.get(), params));
  if (!context_) {
    throw ModelLoadError("no context of " + std::to_string(n_ctx_) + " tokens can be made: " + last_error());
  }
}

bool Decoder::should_abort(void* self) {
  const Generation* owner = static_cast<Decoder*>(self)->owner_;
  return owner != nullptr && owner->cancelled();
}

int Decoder::trim(int n_tokens) {
  llama_memory_t memory = llama_get_memory(context_.get());
  const bool reaches_back = llama_memory_seq_pos_min(memory, kSequence) <= 0;
  if (n_tokens > 0 && n_tokens <= n_in_memory() && reaches_back &&
      llama_memory_seq_rm(memory, kSequence, n_tokens, -1)) {
    return n_tokens;
  }
  llama_memory_seq_rm(memory, kSequence, -1, -1);
  return 0;
}

DecodeResult Decoder::decode(const std::vector<Token>& tokens, int first, int n, bool all_logits,
                             const Generation* owner) {
  const int position = n_in_memory();
  if (n < 1 || n > n_batch_ || position + n > n_ctx_) {
    throw DecodeError("a batch of " + std::to_string(n) + " tokens behind " + std::to_string(position) +
                      " does not fit: n_batch " + std::to_string(n_batch_) + ", n_ctx " +
                      std::to_string(n_ctx_));
  }
  batch_.clear();
  for (int i = 0; i < n; ++i) {
    batch_.add(tokens[static_cast<std::size_t>(first + i)], position + i, kSequence,
               all_logits || i + 1 == n);
  }
  owner_ = owner;
  const std::uint64_t mark = log_mark();
  const int status = llama_decode(context_.get(), batch_.get());
  owner_ = nullptr;
  n_evaluated_.fetch_add(static_cast<std::uint64_t>(n_in_memory() - position), std::memory_order_relaxed);
  if (status == 0) return DecodeResult::kOk;
  if (status == 2) {
    demote_log_since(mark);
    return DecodeResult::kCancelled;
  }
  throw DecodeError("llama_decode failed with " + std::to_string(status) + ": " + last_error());
}

const float* Decoder::logits(int i) const { return llama_get_logits_ith(context_.get(), i); }

int Decoder::n_in_memory() const {
  return llama_memory_seq_pos_max(llama_get_memory(context_.get()), kSequence) + 1;
}

}  // namespace electron_local
