#include "llm/loaded_draft.h"

#include <algorithm>
#include <cstdlib>

#include "base/error.h"

namespace electron_local {
namespace {

// Families pad their vocabularies to different sizes.
constexpr int kMostPadding = 128;

Settings settings_of(const Model& model, const EngineOptions& options, int n_ctx) {
  EngineOptions own;
  own.n_ctx = std::min(n_ctx, model.info().n_ctx_train);
  own.n_batch = options.n_batch;
  own.n_threads = options.n_threads;
  own.flash_attention = options.flash_attention;
  own.n_parallel = 1;
  own.n_cached = 0;
  return settle(own, model.info().n_ctx_train, model.info().size_bytes, model.info().has_own_attention);
}

int n_shared(const Model& model, const Model& target) {
  const int n_model = model.n_vocab();
  const int n_target = target.n_vocab();
  if (std::abs(n_model - n_target) > kMostPadding) {
    throw InvalidArgument("the draft model's vocabulary has " + std::to_string(n_model) +
                          " tokens, the model's has " + std::to_string(n_target) + ": they must be the same");
  }
  const int n = std::min(n_model, n_target);
  for (Token token = 0; token < n; ++token) {
    if (model.piece(token, true) == target.piece(token, true)) continue;
    throw InvalidArgument("token " + std::to_string(token) + " is '" + model.piece(token, true) +
                          "' to the draft model and '" + target.piece(token, true) +
                          "' to the model: their vocabularies must be the same");
  }
  return n;
}

}  // namespace

LoadedDraft::LoadedDraft(const std::string& path, const Model& target, const EngineOptions& options,
                         int n_ctx)
    : model_(path, options.use_extra_bufts),
      decoder_(model_, settings_of(model_, options, n_ctx)),
      draft_(std::make_shared<DraftModel>(decoder_, n_shared(model_, target))) {
  if (!decoder_.can_trim())
    throw InvalidArgument("the draft model's memory (" + model_.info().architecture +
                          ") cannot be trimmed: it cannot take guesses back");
}

}  // namespace electron_local
