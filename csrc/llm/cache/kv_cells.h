// Memory of keys and values as the planning half sees it: cells, and the sequences that hold them.
#pragma once

#include <cstddef>

#include "llm/cache/saved_state.h"

namespace electron_local {

using SequenceId = int;  // 0 <= id < n_sequences: libllama's sequence ids

// What a copy costs whatever its size, in tokens copied.
constexpr int kCopyOverhead = 64;

// A cell holds the keys and values of one token; it lives while some sequence holds it. A sequence holds the
// cells of positions [0, n). The decoder implements this on libllama, tests fake it. Decode thread only.
class KvCells {
 public:
  virtual ~KvCells() = default;

  // `to`, empty before, also holds the cells of positions [0, n_tokens) of `from`: no copy. The cache asks
  // for all that `from` holds (more may stand in a running sequence) and trims `to` afterwards.
  virtual void share(SequenceId from, SequenceId to, int n_tokens) = 0;

  // `to` gives up its own cells of [begin, end) and holds those of `from`, which stand for the same tokens.
  // False: not possible with this model, nothing changed.
  virtual bool replace(SequenceId from, SequenceId to, int begin, int end) {
    (void)from, (void)to, (void)begin, (void)end;
    return false;
  }

  // Cuts the sequence to its first n_tokens; returns how many really stay: 0, and an empty sequence, where
  // the model's memory cannot be trimmed.
  virtual int trim(SequenceId id, int n_tokens) = 0;

  // Forgets the sequence.
  virtual void drop(SequenceId id) = 0;

  // How large the state will be that `save` gives, at most; 0: not possible.
  virtual std::size_t n_state_bytes(SequenceId id, int begin) = 0;

  // The state of the sequence's tokens from position `begin` on, for host memory; empty: not possible, or
  // larger than `n_most_bytes`. `begin` is 0 where memory cannot be trimmed.
  virtual SavedState save(SequenceId id, int begin, std::size_t n_most_bytes) = 0;

  // Copying the state of so many tokens, kCopyOverhead more for each copy, out and back in, costs about as
  // much as evaluating one: less is not worth a move between cells and host memory. May change as more is
  // known.
  virtual int n_copied_per_evaluated() const { return 64; }

  // Adds fresh cells from a saved state behind the tokens that `id` holds, which must be those that stood
  // before it when it was saved. False: refused, memory is unchanged.
  virtual bool restore(SequenceId id, const SavedState& state) = 0;
};

}  // namespace electron_local
