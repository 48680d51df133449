// Which keys and values of earlier requests a new prompt can reuse: the interface.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "llm/cache/kv_cells.h"
#include "llm/types.h"

namespace electron_local {

// The memory of sequence `id` holds tokens [0, n_tokens) of the prompt and nothing else.
struct Lease {
  SequenceId id = -1;
  int n_tokens = 0;
  std::string end;  // why the match ends there: "cold" (nothing is cached), "first differing token", "end of
                    // cache", "evicted" (more of it was there once), "whole prompt" (all but the last token),
                    // "not trimmable" (a longer match would need a cut that the model does not allow)
};

struct CacheLimits {
  int n_cells = 0;                     // of all sequences together
  int n_sequences = 0;                 // ids: those that run and those that hold leaves
  int n_cached = 16;                   // leaves that stand in cells
  std::size_t host_bytes = 256 << 20;  // states of colder leaves; 0: these are evicted
  int n_pinned_cells = 0;              // what pinned prefixes may take; 0: half of the cells
  bool can_trim = true;  // false: memory is known to refuse cuts. Otherwise the first refusal tells
};

// The life of a sequence: `acquire`, then `reserve` before and `publish` after every batch, then `release`.
// Decode thread only.
class PrefixCache {
 public:
  virtual ~PrefixCache() = default;

  // A free sequence whose memory holds the longest usable prefix of `prompt`, of at most n_most tokens. It
  // runs until `release`. nullopt: every id is in use by running sequences.
  virtual std::optional<Lease> acquire_up_to(const std::vector<Token>& prompt, int n_most) = 0;

  // Never the whole prompt: its last token must be evaluated to have logits.
  std::optional<Lease> acquire(const std::vector<Token>& prompt) {
    return acquire_up_to(prompt, std::max(0, static_cast<int>(prompt.size()) - 1));
  }

  // Whether a prompt may share what a running sequence has computed: worth waiting for.
  virtual bool can_share() const = 0;

  // How many tokens `acquire` would find now; changes nothing.
  virtual int match_length(const std::vector<Token>& prompt) const = 0;

  // Every one of `tokens` is part of what is cached or runs.
  virtual bool contains(const std::vector<Token>& tokens) const = 0;

  // Makes n_cells free: cold leaves go to host memory or are evicted, the least recently used first, pinned
  // ones last. False, and nothing changed, when the running sequences leave too few.
  virtual bool reserve(int n_cells) = 0;

  // Tokens [0, n_total) stand in the memory of the running sequence now: its cells are counted, and others
  // may share them. What was published before has not changed; n_total may be less after a roll-back. Throws
  // DecodeError when more cells than there are would be in use.
  virtual void publish(SequenceId id, const std::vector<Token>& tokens, int n_total) = 0;

  // The sequence is done, and exactly tokens [0, n_total) stand in its memory. They stay cached; the id may
  // be given out again. Copies nothing, so that the decoder is free at once: `tidy` does.
  virtual void release(SequenceId id, const std::vector<Token>& tokens, int n_total) = 0;

  // Leaves beyond CacheLimits::n_cached go to host memory or are evicted. It may take as long as copying a
  // conversation does.
  virtual void tidy() = 0;

  // The cached sequence that consists of `tokens`, if there is one, gives up what is behind the first n_keep:
  // the cells that nobody else holds are free. What is pinned, runs, or was continued stays.
  virtual void roll_back(const std::vector<Token>& tokens, int n_keep) = 0;

  // The longest cached part of `tokens` (system prompt and tools, say) is evicted after everything else,
  // until `unpin_all` or until later pins need the budget of pinned cells. Returns how many tokens are
  // pinned.
  virtual int pin(const std::vector<Token>& tokens) = 0;
  virtual void unpin_all() = 0;

  // A state saved earlier of a sequence that held exactly `tokens` (a snapshot on disk, say) becomes a leaf
  // in host memory or, if it is too large for that, in cells. False: no room, or all of it is cached already.
  virtual bool adopt(const std::vector<Token>& tokens, SavedState state) = 0;

  virtual CacheStats stats() const = 0;

  // Throws DecodeError unless free + cached + running = total and every invariant of the structure holds.
  virtual void check_integrity() const = 0;

  // Forgets everything that is not running, pins included.
  virtual void clear() = 0;
};

}  // namespace electron_local
