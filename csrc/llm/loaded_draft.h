// A draft model from a file, ready to guess for a larger one.
#pragma once

#include <memory>
#include <string>

#include "llm/decoder.h"
#include "llm/model.h"
#include "llm/settings.h"
#include "llm/speculation/model_drafts.h"
#include "llm/types.h"

namespace electron_local {

// Must outlive every request that it guesses for.
class LoadedDraft {
 public:
  // Throws ModelLoadError, and InvalidArgument when the tokens of the two models differ or the draft model's
  // memory cannot be trimmed.
  LoadedDraft(const std::string& path, const Model& target, const EngineOptions& options, int n_ctx);

  const std::shared_ptr<DraftModel>& get() const { return draft_; }

 private:
  const Model model_;
  Decoder decoder_;
  std::shared_ptr<DraftModel> draft_;
};

}  // namespace electron_local
