// Which cells which sequence holds, counted exactly.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "llm/cache/kv_cells.h"

namespace electron_local {

// Every change of the memory goes through here and is booked. A sequence is a row of runs; a run is a stretch
// of cells that the same sequences hold. Decode thread only.
class CellLedger {
 public:
  CellLedger(KvCells& cells, int n_sequences, int n_cells);

  // The decoder evaluated tokens of `id`, or rolled some back: n_tokens stand there now. Throws DecodeError
  // when there are not so many cells.
  void evaluated(SequenceId id, int n_tokens);

  // `to`, empty before, holds the first n_tokens of `from`. False: the memory cannot be cut there, `to` is
  // empty.
  bool share(SequenceId from, SequenceId to, int n_tokens);

  // False: the memory cannot be cut there, `id` is empty.
  bool trim(SequenceId id, int n_tokens);

  void drop(SequenceId id);

  // `to` holds the cells of `from` in [begin, end) instead of its own. False: not possible.
  bool replace(SequenceId from, SequenceId to, int begin, int end);

  std::size_t n_state_bytes(SequenceId id, int begin) { return cells_.n_state_bytes(id, begin); }
  SavedState save(SequenceId id, int begin, std::size_t n_most_bytes) {
    return cells_.save(id, begin, n_most_bytes);
  }

  // The state of n_tokens, behind what `id` holds. False: too few free cells, or the state was refused.
  bool restore(SequenceId id, const SavedState& state, int n_tokens);

  int n_copied_per_evaluated() const { return cells_.n_copied_per_evaluated(); }

  int n_sequences() const { return static_cast<int>(rows_.size()); }
  int n_tokens(SequenceId id) const { return row(id).n_tokens; }
  int n_total() const { return n_total_; }
  int n_used() const { return n_used_; }
  int n_free() const { return n_total_ - n_used_; }

  // Cells that would be free if `id` were cut to its first n_tokens.
  int n_freed_by_cut(SequenceId id, int n_tokens) const;

  // Distinct cells that the sequences hold together.
  int n_held_by(const std::vector<SequenceId>& ids) const;

  // Throws DecodeError when the books do not balance.
  void check_integrity() const;

 private:
  struct Run {
    int n_cells;
  };
  struct Row {
    std::vector<std::shared_ptr<Run>> runs;  // in order of position; use_count: the rows that hold the run
    int n_tokens = 0;
  };

  Row& row(SequenceId id) { return rows_[static_cast<std::size_t>(id)]; }
  const Row& row(SequenceId id) const { return rows_[static_cast<std::size_t>(id)]; }
  void cut(Row& row, int n_tokens);
  void grow(Row& row, int n_cells);
  std::size_t split(SequenceId id, int position);  // the index of the run that begins at `position`

  KvCells& cells_;
  int n_total_;
  int n_used_ = 0;
  std::vector<Row> rows_;
};

}  // namespace electron_local
