#include "llm/attention/attention_plugin.h"

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <vector>

#include "base/error.h"
#include "llm/attention/attention.h"
#include "llm/llama_api.h"

// What ggml's CPU backend asks of every "extra buffer type" before it computes a node: the interface that its
// own AMX and repacking kernels use. No installed header declares it, so it is declared here, as it is in the
// one ggml build that this module is compiled for and refuses to be imported over another one.
struct ggml_threadpool;
struct ggml_compute_params {
  int ith, nth;
  std::size_t wsize;
  void* wdata;
  ggml_threadpool* threadpool;
  bool use_ref;
};

namespace ggml::cpu {
class tensor_traits {
 public:
  virtual ~tensor_traits();
  virtual bool work_size(int n_threads, const ggml_tensor* op, std::size_t& size) = 0;
  virtual bool compute_forward(ggml_compute_params* params, ggml_tensor* op) = 0;
};

class extra_buffer_type {
 public:
  virtual ~extra_buffer_type();
  virtual bool supports_op(ggml_backend_dev_t device, const ggml_tensor* op) = 0;
  virtual tensor_traits* get_tensor_traits(const ggml_tensor* op) = 0;
};
}  // namespace ggml::cpu

struct ggml_backend_buffer_type {
  void* functions[6];  // of buffers, of which this type has none
  ggml_backend_dev_t device;
  void* context;  // an extra_buffer_type
};

std::vector<ggml_backend_buffer_type_t>& ggml_backend_cpu_get_extra_buffer_types();
extern "C" void ggml_barrier(ggml_threadpool* pool);

namespace electron_local {
namespace {

// False for what is left to libllama.
bool describe(const ggml_tensor* op, Attention& attention) {
  const ggml_tensor *queries = op->src[0], *keys = op->src[1], *values = op->src[2], *mask = op->src[3];
  const bool is_plain = op->src[4] == nullptr && queries->ne[3] == 1 && keys->ne[3] == 1 &&
                        queries->type == GGML_TYPE_F32 && op->type == GGML_TYPE_F32 &&
                        keys->type == values->type && keys->ne[2] == values->ne[2] &&
                        queries->nb[0] == sizeof(float) && op->nb[0] == sizeof(float);
  if (!is_plain) return false;
  if (keys->type != GGML_TYPE_F16 && keys->type != GGML_TYPE_Q8_0) return false;
  const int width_step = keys->type == GGML_TYPE_F16 ? kHeadWidthStep : 32;
  if (keys->ne[0] % width_step != 0 || values->ne[0] % width_step != 0) return false;
  if (keys->nb[0] != ggml_type_size(keys->type) || values->nb[0] != ggml_type_size(values->type))
    return false;
  if (queries->ne[2] % keys->ne[2] != 0 || queries->ne[2] / keys->ne[2] > kMostSharingHeads) return false;
  if (mask != nullptr &&
      (mask->type != GGML_TYPE_F16 || mask->ne[0] < keys->ne[1] || mask->ne[2] != 1 || mask->ne[3] != 1))
    return false;
  float parameters[3];  // scale, ALiBi's greatest bias, a soft cap of the scores
  std::memcpy(parameters, op->op_params, sizeof parameters);
  if (parameters[1] != 0.0f) return false;

  attention.n_tokens = static_cast<int>(queries->ne[1]);
  attention.n_heads = static_cast<int>(queries->ne[2]);
  attention.n_key_heads = static_cast<int>(keys->ne[2]);
  attention.n_cells = static_cast<int>(keys->ne[1]);
  attention.key_width = static_cast<int>(keys->ne[0]);
  attention.value_width = static_cast<int>(values->ne[0]);
  attention.scale = parameters[0];
  attention.score_cap = parameters[2];
  attention.queries = static_cast<const float*>(queries->data);
  attention.query_token_stride = queries->nb[1] / sizeof(float);
  attention.query_head_stride = queries->nb[2] / sizeof(float);
  attention.type = keys->type == GGML_TYPE_F16 ? KeyType::kFloat16 : KeyType::kQ8_0;
  attention.keys = static_cast<const std::byte*>(keys->data);
  attention.key_cell_stride = keys->nb[1];
  attention.key_head_stride = keys->nb[2];
  attention.values = static_cast<const std::byte*>(values->data);
  attention.value_cell_stride = values->nb[1];
  attention.value_head_stride = values->nb[2];
  if (mask != nullptr) {
    attention.mask = static_cast<const std::uint16_t*>(mask->data);
    attention.mask_token_stride = mask->nb[1] / sizeof(std::uint16_t);
  }
  attention.output = static_cast<float*>(op->data);
  attention.output_head_stride = op->nb[1] / sizeof(float);
  attention.output_token_stride = op->nb[2] / sizeof(float);
  return true;
}

class OwnAttention : public ggml::cpu::tensor_traits {
  bool work_size(int n_threads, const ggml_tensor* op, std::size_t& size) override {
    Attention attention;
    if (!describe(op, attention)) return false;
    size = attention_work_bytes(attention, n_threads);
    const_cast<ggml_tensor*>(op)->extra = this;
    return true;
  }
  bool compute_forward(ggml_compute_params* params, ggml_tensor* op) override {
    Attention attention;
    // Without the mark its memory was measured for libllama, before this type was in the list.
    if (op->extra != this || params->use_ref || !describe(op, attention)) return false;
    attend(
        attention, params->ith, params->nth, static_cast<std::byte*>(params->wdata),
        [](void* pool) { ggml_barrier(static_cast<ggml_threadpool*>(pool)); }, params->threadpool);
    return true;
  }
};

class OwnAttentionType : public ggml::cpu::extra_buffer_type {
  bool supports_op(ggml_backend_dev_t, const ggml_tensor*) override { return false; }  // no weight lies in it
  ggml::cpu::tensor_traits* get_tensor_traits(const ggml_tensor* op) override {
    return op->op == GGML_OP_FLASH_ATTN_EXT ? &attention_ : nullptr;
  }
  OwnAttention attention_;
};

std::atomic<bool> is_installed{false};

bool is_wanted() {
  const char* choice = std::getenv("ELECTRON_LOCAL_ATTENTION");
  const std::string name = choice == nullptr ? "" : choice;
  if (!name.empty() && name != "own" && name != "libllama")
    throw InvalidArgument("ELECTRON_LOCAL_ATTENTION must be own or libllama, got " + name);
  return name != "libllama" && has_attention_kernel();
}

// The backend hands its list out once, to models that place their weights: let it be read before it grows.
void settle_weight_types(ggml_backend_dev_t device) {
  const char* name = "ggml_backend_dev_get_extra_bufts";
  void* found = ggml_backend_reg_get_proc_address(ggml_backend_dev_backend_reg(device), name);
  if (found != nullptr) reinterpret_cast<ggml_backend_dev_get_extra_bufts_t>(found)(device);
}

}  // namespace

void install_attention() {
  static std::mutex mutex;
  const std::lock_guard<std::mutex> lock(mutex);
  if (is_installed || !is_wanted()) return;
  ggml_backend_dev_t device = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
  if (device == nullptr) return;
  settle_weight_types(device);
  // Never freed: ggml may ask until the process ends.
  ggml::cpu::extra_buffer_type* own = new OwnAttentionType;
  auto* type = new ggml_backend_buffer_type{{}, device, own};
  // Another context may be computing, and reads the list without a lock: what it holds of the old one stays.
  auto& types = ggml_backend_cpu_get_extra_buffer_types();
  auto* replaced = new std::vector<ggml_backend_buffer_type_t>(types);
  replaced->reserve(types.size() + 1);
  replaced->push_back(type);
  types.swap(*replaced);
  is_installed = true;
}

bool has_own_attention() { return is_installed; }

}  // namespace electron_local
