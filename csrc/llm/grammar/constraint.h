// What an answer must look like: a grammar's state, advanced token by token. Pure: no libllama, no grammar
// library.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "llm/types.h"

namespace electron_local {

// The state of one answer. Made on any thread, then used and destroyed by the decode thread alone.
// Every call throws DecodeError when the grammar is too ambiguous to follow; the state is useless afterwards.
//
// A step of the sampler: take `forced()` when there are any; else sample from all tokens, ask `allows()`, and
// only when it refuses sample again under `mask()`; `accept()` what was taken.
class Constraint {
 public:
  virtual ~Constraint() = default;

  // Whether `token` may come next. End-of-generation tokens may when `is_complete()`.
  virtual bool allows(Token token) = 0;

  // Advances. Throws DecodeError for a token that is not allowed; the state is useless afterwards.
  virtual void accept(Token token) = 0;

  // Bit `i % 32` of word `i / 32` set: token i may come next. Valid until the next call. At least one bit is
  // set.
  virtual const std::uint32_t* mask() = 0;

  // The only tokens that may follow, tokenised as the model's tokenizer would, also across the border to the
  // last accepted token; empty when there is a choice. The last bytes that are certain may be missing: a
  // longer token may cover them. They are still to be accepted. Never holds end-of-generation tokens.
  virtual std::vector<Token> forced() = 0;

  // The answer may end here.
  virtual bool is_complete() const = 0;

  // The answer must end here.
  virtual bool is_finished() const = 0;

  // Nothing is constrained now.
  virtual bool is_free() const { return false; }

  // The same state, which goes its own way.
  virtual std::unique_ptr<Constraint> clone() const = 0;
};

// Whether a mask of `Constraint::mask` has the token's bit.
inline bool is_set(const std::uint32_t* mask, Token token) {
  return (mask[token / 32] >> (static_cast<unsigned>(token) % 32) & 1u) != 0;
}

struct GrammarSpec {
  enum class Kind { kJsonObject, kJsonSchema, kRegex, kLark };

  Kind kind = Kind::kJsonObject;
  std::string text;  // JSON Schema, regular expression or Lark grammar, UTF-8; nothing for kJsonObject
};

// A compiled grammar. Any thread.
class Grammar {
 public:
  virtual ~Grammar() = default;
  virtual std::unique_ptr<Constraint> start() = 0;
};

// Compiles for one model's vocabulary. Any thread.
class GrammarCompiler {
 public:
  virtual ~GrammarCompiler() = default;

  // Throws InvalidArgument with what the grammar cannot express, and where.
  virtual std::shared_ptr<Grammar> compile(const GrammarSpec& spec) = 0;
};

struct ConstraintStats {
  std::uint64_t n_asked = 0;
  std::uint64_t n_compiled = 0;  // the others came from compiled grammars
  std::size_t n_grammars = 0;    // kept now
};

// Starts constraints and keeps the grammars it compiled, least recently used ones first to go. One a model;
// any thread. Two threads that bring the same new grammar at once both compile it.
class ConstraintFactory {
 public:
  // Keeps at most `n_most` grammars and grammars of `n_bytes_most` text together, but always the newest. A
  // compiled grammar takes up to a hundred times its text.
  explicit ConstraintFactory(std::shared_ptr<GrammarCompiler> compiler, std::size_t n_most = 32,
                             std::size_t n_bytes_most = std::size_t{1} << 18);

  // Throws what the compiler throws.
  std::unique_ptr<Constraint> make(const GrammarSpec& spec);

  // Compiles it, or finds it. Throws what the compiler throws.
  std::shared_ptr<Grammar> grammar(const GrammarSpec& spec);

  ConstraintStats stats() const;

 private:
  struct Entry {
    std::string key;
    std::shared_ptr<Grammar> grammar;
  };

  std::shared_ptr<Grammar> find(const std::string& key);
  void keep(std::string key, std::shared_ptr<Grammar> grammar);
  void evict();

  std::shared_ptr<GrammarCompiler> compiler_;
  std::size_t n_most_;
  std::size_t n_bytes_most_;
  mutable std::mutex mutex_;  // guards what follows
  std::list<Entry> entries_;  // most recently used first
  std::unordered_map<std::string, std::list<Entry>::iterator> by_key_;
  std::size_t n_bytes_ = 0;
  ConstraintStats stats_;
};

}  // namespace electron_local
