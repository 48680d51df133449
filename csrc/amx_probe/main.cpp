// Multiplies through every repacked-weights buffer of the CPU backend, AMX's among them, and compares the
// result with the plain buffer's. A miscompiled kernel kills this process and not the one that asked. Exit
// status: 0 all agree, 1 a result differs or a step failed (one line on stdout says which).
#include <ggml-alloc.h>
#include <ggml-backend.h>
#include <ggml-cpp.h>
#include <ggml-cpu.h>
#include <ggml.h>

#include <cmath>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

namespace {

constexpr int kRows = 64;           // of the weight
constexpr int kColumns = 512;       // shared dimension
constexpr int kTokens[] = {1, 32};  // decode and prefill take different kernels

std::vector<float> pattern(int n, int step) {
  std::vector<float> out(static_cast<std::size_t>(n));
  for (int i = 0; i < n; ++i)
    out[static_cast<std::size_t>(i)] = static_cast<float>((i * step) % 17 - 8) / 8.0f;
  return out;
}

// weight [kColumns, kRows] of `type` in `buffer_type`, times input [kColumns, n_tokens]; none when the buffer
// does not take it, empty when the step failed.
std::optional<std::vector<float>> multiply(ggml_backend_t backend, ggml_backend_buffer_type_t buffer_type,
                                           ggml_type type, int n_tokens) {
  const ggml_init_params params{ggml_tensor_overhead() * 16 + ggml_graph_overhead(), nullptr, true};
  ggml_context_ptr weights(ggml_init(params));
  ggml_context_ptr graph_context(ggml_init(params));
  ggml_tensor* weight = ggml_new_tensor_2d(weights.get(), type, kColumns, kRows);
  ggml_tensor* input = ggml_new_tensor_2d(graph_context.get(), GGML_TYPE_F32, kColumns, n_tokens);
  ggml_backend_buffer_ptr weight_buffer(ggml_backend_alloc_ctx_tensors_from_buft(weights.get(), buffer_type));
  if (!weight_buffer) return std::nullopt;
  ggml_backend_buffer_set_usage(weight_buffer.get(), GGML_BACKEND_BUFFER_USAGE_WEIGHTS);

  ggml_tensor* output = ggml_mul_mat(graph_context.get(), weight, input);
  if (!ggml_backend_supports_op(backend, output)) return std::nullopt;
  ggml_cgraph* graph = ggml_new_graph(graph_context.get());
  ggml_build_forward_expand(graph, output);
  ggml_backend_buffer_ptr data(ggml_backend_alloc_ctx_tensors(graph_context.get(), backend));
  if (!data) return std::nullopt;

  const std::vector<float> values = pattern(kColumns * kRows, 7);
  std::vector<char> quantized(ggml_nbytes(weight));
  ggml_quantize_chunk(type, values.data(), quantized.data(), 0, kRows, kColumns, nullptr);
  ggml_backend_tensor_set(weight, quantized.data(), 0, quantized.size());
  const std::vector<float> in = pattern(kColumns * n_tokens, 5);
  ggml_backend_tensor_set(input, in.data(), 0, in.size() * sizeof(float));
  if (ggml_backend_graph_compute(backend, graph) != GGML_STATUS_SUCCESS) return std::vector<float>();
  std::vector<float> out(static_cast<std::size_t>(kRows) * static_cast<std::size_t>(n_tokens));
  ggml_backend_tensor_get(output, out.data(), 0, out.size() * sizeof(float));
  return out;
}

bool agree(const std::vector<float>& a, const std::vector<float>& b) {
  if (a.empty() || a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!(std::fabs(a[i] - b[i]) <=
          0.02f * (1.0f + std::fabs(b[i])) * std::sqrt(static_cast<float>(kColumns)) / 8.0f)) {
      return false;
    }
  }
  return true;
}

}  // namespace

int main() {
  ggml_log_set([](ggml_log_level, const char*, void*) {}, nullptr);
  ggml_backend_ptr backend(ggml_backend_cpu_init());
  if (!backend) return std::printf("no CPU backend\n"), 1;
  ggml_backend_cpu_set_n_threads(backend.get(), 1);
  ggml_backend_dev_t device = ggml_backend_get_device(backend.get());
  ggml_backend_reg_t registry = ggml_backend_dev_backend_reg(device);
  const auto get_extra = reinterpret_cast<ggml_backend_dev_get_extra_bufts_t>(
      ggml_backend_reg_get_proc_address(registry, "ggml_backend_dev_get_extra_bufts"));
  std::string tried;
  for (ggml_backend_buffer_type_t* type = get_extra ? get_extra(device) : nullptr; type && *type; ++type) {
    tried += std::string(tried.empty() ? "" : ", ") + ggml_backend_buft_name(*type);
    for (const ggml_type quantization : {GGML_TYPE_Q4_0, GGML_TYPE_Q8_0, GGML_TYPE_Q4_K}) {
      for (const int n_tokens : kTokens) {
        const auto plain = multiply(backend.get(), ggml_backend_cpu_buffer_type(), quantization, n_tokens);
        const auto packed = multiply(backend.get(), *type, quantization, n_tokens);
        if (!plain) return std::printf("the plain buffer takes no %s\n", ggml_type_name(quantization)), 1;
        if (!packed || agree(*packed, *plain)) continue;
        std::printf("%s gives wrong results for %s\n", ggml_backend_buft_name(*type),
                    ggml_type_name(quantization));
        return 1;
      }
    }
  }
  std::printf("checked: %s\n", tried.empty() ? "no extra buffers" : tried.c_str());
  return 0;
}
