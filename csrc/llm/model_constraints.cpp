#include "llm/model_constraints.h"

#include <utility>
#include <vector>

#include "base/error.h"
#include "llm/grammar/llguidance.h"

namespace electron_local {
namespace {

// Of a tool's name, as far as they are picked: what only one name goes on with is forced.
constexpr int kNameTokens = 8;

// Markers such as </tool_call> are tokens of their own that some models list as plain ones: no text may hold
// them.
bool is_marker(const std::string& bytes) {
  return bytes.size() > 2 && bytes.front() == '<' && bytes.back() == '>';
}

std::shared_ptr<const GrammarVocabulary> vocabulary_of(const Model& model) {
  const llama_vocab* vocab = llama_model_get_vocab(model.get());
  std::vector<GrammarToken> tokens(static_cast<std::size_t>(model.n_vocab()));
  for (Token id = 0; id < model.n_vocab(); ++id) {
    GrammarToken& token = tokens[static_cast<std::size_t>(id)];
    const int attributes = llama_vocab_get_attr(vocab, id);
    if ((attributes & (LLAMA_TOKEN_ATTR_UNUSED | LLAMA_TOKEN_ATTR_UNKNOWN)) == 0)
      token.bytes = model.piece(id, true);
    token.is_special = (attributes & LLAMA_TOKEN_ATTR_CONTROL) != 0 ||
                       ((attributes & LLAMA_TOKEN_ATTR_USER_DEFINED) != 0 && is_marker(token.bytes));
  }
  return std::make_shared<const GrammarVocabulary>(
      std::move(tokens), model.info().end_of_generation,
      [&model](const std::string& text) { return model.tokenize(text, false, false); });
}

}  // namespace

std::shared_ptr<ConstraintFactory> ModelConstraints::factory() {
  std::lock_guard<std::mutex> lock(mutex_);
  if (!factory_) {
    if (library_path_.empty()) throw InvalidArgument("constrained output needs the package llguidance");
    vocabulary_ = vocabulary_of(model_);
    closing_order_ = std::make_shared<const ClosingOrder>(*vocabulary_);
    factory_ = std::make_shared<ConstraintFactory>(make_llguidance_compiler(library_path_, vocabulary_));
  }
  return factory_;
}

std::unique_ptr<Constraint> ModelConstraints::make(const ConstraintSpec& spec) {
  const auto factory = this->factory();
  std::shared_ptr<Grammar> grammar = factory->grammar(spec.grammar);
  if (!spec.lazy) return grammar->start();
  return std::make_unique<LazyConstraint>(vocabulary_, *spec.lazy,
                                          [grammar = std::move(grammar)] { return grammar->start(); });
}

std::unique_ptr<Closing> ModelConstraints::closing(const ConstraintSpec& spec) {
  factory();
  // Calls of tools come as Lark, response formats as JSON Schema.
  const bool has_names = spec.grammar.kind == GrammarSpec::Kind::kLark;
  return std::make_unique<Closing>(closing_order_, vocabulary_->end_of_generation().front(),
                                   has_names ? kNameTokens : 0);
}

}  // namespace electron_local
