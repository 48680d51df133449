#include "llm/grammar/llguidance_library.h"

#include <dlfcn.h>

#include "base/error.h"

namespace electron_local {
namespace {

template <typename Function>
void find(void* handle, const std::string& path, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(handle, name));
  if (function == nullptr) throw Error(path + ": has no " + name + "; not llguidance " + kLlguidanceVersion);
}

}  // namespace

LlguidanceLibrary::LlguidanceLibrary(const std::string& path) {
  void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (handle == nullptr) throw Error(std::string("llguidance cannot be loaded: ") + dlerror());
  find(handle, path, "llg_get_version", get_version);
  const std::string version = get_version();  // "llguidance@1.9.1 derivre@…"
  const std::string wanted = std::string("llguidance@") + kLlguidanceVersion;
  if (version != wanted && version.compare(0, wanted.size() + 1, wanted + " ") != 0) {
    throw Error(path + ": is " + version + "; needed is " + wanted);
  }
  find(handle, path, "llg_constraint_init_set_defaults", constraint_init_set_defaults);
  find(handle, path, "llg_new_tokenizer_v2", new_tokenizer_v2);
  find(handle, path, "llg_free_tokenizer", free_tokenizer);
  find(handle, path, "llg_new_matcher", new_matcher);
  find(handle, path, "llg_clone_matcher", clone_matcher);
  find(handle, path, "llg_free_matcher", free_matcher);
  find(handle, path, "llg_matcher_get_error", matcher_get_error);
  find(handle, path, "llg_matcher_compute_mask_into", matcher_compute_mask_into);
  find(handle, path, "llg_matcher_consume_token", matcher_consume_token);
  find(handle, path, "llg_matcher_validate_tokens", matcher_validate_tokens);
  find(handle, path, "llg_matcher_compute_ff_tokens", matcher_compute_ff_tokens);
  find(handle, path, "llg_matcher_is_accepting", matcher_is_accepting);
  find(handle, path, "llg_matcher_is_stopped", matcher_is_stopped);
}

}  // namespace electron_local
