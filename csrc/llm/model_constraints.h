// Constraints for the answers of one model: joins its vocabulary and the grammar library.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "llm/grammar/closing.h"
#include "llm/grammar/constraint.h"
#include "llm/grammar/lazy_constraint.h"
#include "llm/model.h"

namespace electron_local {

// A grammar for the whole answer, or, with `lazy`, for what follows a marker.
struct ConstraintSpec {
  GrammarSpec grammar;
  std::optional<LazyOptions> lazy;
};

// The grammar library is loaded at the first use. Any thread. The model must outlive it.
class ModelConstraints {
 public:
  // `library_path` may be empty: then every use throws InvalidArgument.
  ModelConstraints(const Model& model, std::string library_path)
      : model_(model), library_path_(std::move(library_path)) {}

  // Compiles the grammar (or finds it compiled) and starts it. Throws InvalidArgument with what it cannot
  // express.
  std::unique_ptr<Constraint> make(const ConstraintSpec& spec);

  // For one answer under a constraint: ends it in time.
  std::unique_ptr<Closing> closing(const ConstraintSpec& spec);

  // Throws InvalidArgument with what the grammar cannot express.
  void check(const GrammarSpec& spec) { factory()->grammar(spec); }

 private:
  std::shared_ptr<ConstraintFactory> factory();

  const Model& model_;
  const std::string library_path_;
  std::mutex mutex_;  // guards what follows
  std::shared_ptr<const GrammarVocabulary> vocabulary_;
  std::shared_ptr<ConstraintFactory> factory_;
  std::shared_ptr<const ClosingOrder> closing_order_;
};

}  // namespace electron_local
