// The part of LLGuidance's C interface that constraints use, found in the shared library of its Python wheel.
//
// The facts (fields, order, ownership) are those of parser/llguidance.h of github.com/guidance-ai/llguidance
// (MIT), version 1.9.1. LlgConstraintInit carries no size, so no other version is accepted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace electron_local {

inline constexpr char kLlguidanceVersion[] = "1.9.1";

struct LlgTokenizer;  // owned by who made it; matchers keep what they need of it
struct LlgMatcher;    // one thread at a time

struct LlgParserLimits {
  std::size_t max_items_in_row;      // ambiguity of one step
  std::uint64_t initial_lexer_fuel;  // work to build the lexer
  std::uint64_t step_lexer_fuel;     // work for one mask
  std::size_t step_max_items;
  std::size_t max_lexer_states;  // 1 to 2 kB each
  std::size_t max_grammar_size;  // symbols
  bool precompute_large_lexemes;
  bool verbose_errors;  // the grammar and the tokens so far in messages
};

struct LlgConstraintInit {
  const LlgTokenizer* tokenizer;
  std::uint32_t log_buffer_level;
  std::uint32_t log_stderr_level;  // 0: silent
  bool ff_tokens_ok;               // matchers ignore both
  bool backtrack_ok;
  LlgParserLimits limits;
};

// Writes at most `n_most` tokens and returns how many there are. Any thread; must not throw.
using LlgTokenizeFunction = std::size_t (*)(const void* user_data, const std::uint8_t* bytes,
                                            std::size_t n_bytes, std::uint32_t* tokens, std::size_t n_most);

struct LlgTokenizerInit {   // version 2 of the struct
  std::size_t struct_size;  // sizeof: the library reads no further
  std::uint32_t vocab_size;
  std::uint32_t tok_eos;
  const std::uint32_t* token_lens;  // a length per token; copied, like the bytes
  const std::uint8_t* token_bytes;  // one after the other; special tokens start with 0xFF
  const char* tokenizer_json;
  bool tokenize_assumes_string;  // tokenize_fn is asked for whole UTF-8 characters only
  LlgTokenizeFunction tokenize_fn;
  bool use_approximate_greedy_tokenize_fn;
  const void* tokenize_user_data;  // kept: outlives every matcher
  const char* const* slices;       // null: the library's choice
  const std::uint32_t* tok_eos_extra;
  std::uint32_t tok_eos_extra_count;
};

// The functions, under their names without `llg_`. They take no Python lock. The library stays loaded until
// the process ends: it keeps thread-local state.
struct LlguidanceLibrary {
  // Throws Error when `path` is not the library in the version above, or Python's symbols are missing.
  explicit LlguidanceLibrary(const std::string& path);

  const char* (*get_version)();
  void (*constraint_init_set_defaults)(LlgConstraintInit*, const LlgTokenizer*);
  LlgTokenizer* (*new_tokenizer_v2)(const LlgTokenizerInit*, char* error, std::size_t error_size);
  void (*free_tokenizer)(LlgTokenizer*);
  LlgMatcher* (*new_matcher)(const LlgConstraintInit*, const char* kind, const char* text);  // never null
  LlgMatcher* (*clone_matcher)(const LlgMatcher*);                                           // shares nothing
  void (*free_matcher)(LlgMatcher*);
  const char* (*matcher_get_error)(LlgMatcher*);  // null: none; the matcher's
  std::int32_t (*matcher_compute_mask_into)(LlgMatcher*, std::uint32_t* mask, std::size_t n_bytes);
  std::int32_t (*matcher_consume_token)(LlgMatcher*, std::uint32_t token);
  std::int32_t (*matcher_validate_tokens)(LlgMatcher*, const std::uint32_t* tokens, std::size_t n_tokens);
  std::int32_t (*matcher_compute_ff_tokens)(LlgMatcher*, std::uint32_t* tokens, std::size_t n_most);
  bool (*matcher_is_accepting)(LlgMatcher*);
  bool (*matcher_is_stopped)(const LlgMatcher*);  // also after an error
};

}  // namespace electron_local
