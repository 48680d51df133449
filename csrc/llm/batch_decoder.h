// What the decode loop needs of a model: batches, and what its tokens mean. Implemented on libllama by
// Decoder and Model; faked in tests.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "llm/cache/kv_cells.h"
#include "llm/types.h"

namespace electron_local {

enum class DecodeResult { kOk, kAborted, kNoRoom };

// Tokens [first, first + n) of a sequence, whose memory holds [0, first), then guesses at the ones behind
// them. There are logits behind the last token and behind every guess.
struct BatchPart {
  SequenceId id = 0;
  const std::vector<Token>* tokens = nullptr;
  int first = 0;
  int n = 0;
  bool all_logits = false;  // behind every token
  const std::vector<Token>* guesses = nullptr;

  int n_guesses() const { return guesses == nullptr ? 0 : static_cast<int>(guesses->size()); }
  int n_total() const { return n + n_guesses(); }
};

// Used by the decode thread alone, but for the constants and `n_evaluated`.
class BatchDecoder : public KvCells {
 public:
  // Evaluates the parts in one batch of at most `n_batch` tokens. `should_abort` is asked at every step of
  // the computation (nullptr: never). After kAborted, `n_in_memory` says what each sequence kept; after
  // kNoRoom, nothing was evaluated. Throws DecodeError.
  virtual DecodeResult decode(const std::vector<BatchPart>& parts,
                              const std::function<bool()>& should_abort) = 0;

  // n_vocab values behind the i-th token of the last batch, which must have asked for them.
  virtual const float* logits(int i) const = 0;

  virtual int n_in_memory(SequenceId id) const = 0;
  virtual int n_ctx() const = 0;    // tokens of one sequence
  virtual int n_cells() const = 0;  // of all sequences together
  virtual int n_batch() const = 0;
  virtual int n_prefill(int /*n_cells*/) const {
    return n_batch();
  }                                               // prompt tokens beside so many used cells
  virtual bool can_trim() const = 0;              // false: a sequence's memory can be dropped, never cut
  virtual std::uint64_t n_evaluated() const = 0;  // tokens, since the start; any thread
};

// Immutable: any thread.
class Vocabulary {
 public:
  virtual ~Vocabulary() = default;
  virtual int n_vocab() const = 0;
  virtual bool is_end_of_generation(Token token) const = 0;

  // Bytes of one token; control tokens have none unless `special`. Not necessarily whole characters.
  virtual std::string piece(Token token, bool special) const = 0;
};

}  // namespace electron_local
