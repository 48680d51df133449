#include "llm/model_fingerprint.h"

#include <cstdlib>

#include "llm/llama_api.h"

namespace electron_local {
namespace {

// Long-context RoPE has one set of factors for contexts up to the original length and one for longer ones.
bool is_stretched(const Model& model, const Settings& settings) {
  const std::string key = model.info().architecture + ".rope.scaling.original_context_length";
  char text[32];
  if (llama_model_meta_val_str(model.get(), key.c_str(), text, sizeof text) < 0) return false;
  return settings.n_cells > std::atoi(text);
}

}  // namespace

Fingerprint model_fingerprint(const std::string& path, const std::string& lora, const Model& model,
                              const Settings& settings) {
  std::string facts =
      std::string("ggml ") + ggml_commit() + ", llama-cpp-python " ELECTRON_LOCAL_LLAMA_CPP_PYTHON;
  facts += "\nmodel " + file_identity(path) + ", " + model.info().description;
  facts += "\ntemplate " + model.info().chat_template;
  facts += "\nlora " + (lora.empty() ? std::string("none") : file_identity(lora));
  facts += "\nflash attention " + std::to_string(settings.flash_attention);
  facts += "\nstretched " + std::to_string(is_stretched(model, settings));
  facts += std::string("\nkeys and values ") + (settings.quantised_kv ? "q8_0" : "f16") + ", whole windows";
  return fingerprint_of(facts);
}

}  // namespace electron_local
