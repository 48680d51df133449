// What a saved state of one model under one set of settings depends on.
#pragma once

#include <string>

#include "llm/cache/fingerprint.h"
#include "llm/model.h"
#include "llm/settings.h"

namespace electron_local {

// `lora`: path of the adapter, or empty. Reads both files. Throws ModelLoadError.
Fingerprint model_fingerprint(const std::string& path, const std::string& lora, const Model& model,
                              const Settings& settings);

}  // namespace electron_local
