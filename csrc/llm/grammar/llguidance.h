// Grammars by LLGuidance. Python is not involved, but the library needs its symbols: only inside a Python
// process.
#pragma once

#include <memory>
#include <string>

#include "llm/grammar/constraint.h"
#include "llm/grammar/grammar_vocabulary.h"

namespace electron_local {

// `library_path`: `llguidance/_lib.abi3.so` of the wheel. Takes 10 ms for 4,000 tokens and 600 ms for
// 128,000. Throws Error when the library cannot be used.
std::shared_ptr<GrammarCompiler> make_llguidance_compiler(
    const std::string& library_path, std::shared_ptr<const GrammarVocabulary> vocabulary);

}  // namespace electron_local
