#include "llm/cache/cell_ledger.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <unordered_set>

#include "base/error.h"

namespace electron_local {

CellLedger::CellLedger(KvCells& cells, int n_sequences, int n_cells)
    : cells_(cells), n_total_(n_cells), rows_(static_cast<std::size_t>(std::max(0, n_sequences))) {
  if (n_sequences < 1)
    throw InvalidArgument("n_sequences must be at least 1, got " + std::to_string(n_sequences));
  if (n_cells < 1) throw InvalidArgument("n_cells must be at least 1, got " + std::to_string(n_cells));
}

void CellLedger::evaluated(SequenceId id, int n_tokens) {
  Row& row = this->row(id);
  if (n_tokens < row.n_tokens) return cut(row, n_tokens);
  if (n_tokens - row.n_tokens > n_free()) {
    throw DecodeError("sequence " + std::to_string(id) + " grew by " +
                      std::to_string(n_tokens - row.n_tokens) + " cells, free are " +
                      std::to_string(n_free()) + " of " + std::to_string(n_total_));
  }
  grow(row, n_tokens - row.n_tokens);
}

bool CellLedger::share(SequenceId from, SequenceId to, int n_tokens) {
  cells_.share(from, to, this->n_tokens(from));
  row(to) = row(from);
  return n_tokens == row(to).n_tokens || trim(to, n_tokens);
}

bool CellLedger::trim(SequenceId id, int n_tokens) {
  const int n_left = cells_.trim(id, n_tokens);
  if (n_left != n_tokens) {
    drop(id);
    return false;
  }
  cut(row(id), n_tokens);
  return true;
}

void CellLedger::drop(SequenceId id) {
  cells_.drop(id);
  cut(row(id), 0);
}

bool CellLedger::replace(SequenceId from, SequenceId to, int begin, int end) {
  if (!cells_.replace(from, to, begin, end)) return false;
  for (const int position : {begin, end}) {
    split(from, position);
    split(to, position);
  }
  const auto source = row(from).runs.begin();
  const std::vector<std::shared_ptr<Run>> shared(source + static_cast<std::ptrdiff_t>(split(from, begin)),
                                                 source + static_cast<std::ptrdiff_t>(split(from, end)));
  std::vector<std::shared_ptr<Run>>& runs = row(to).runs;
  const auto first = runs.begin() + static_cast<std::ptrdiff_t>(split(to, begin));
  const auto last = runs.begin() + static_cast<std::ptrdiff_t>(split(to, end));
  for (auto run = first; run != last; ++run) {
    if (run->use_count() == 1) n_used_ -= (*run)->n_cells;
  }
  const auto gap = runs.erase(first, last);
  runs.insert(gap, shared.begin(), shared.end());
  return true;
}

bool CellLedger::restore(SequenceId id, const SavedState& state, int n_tokens) {
  if (n_tokens > n_free() || !cells_.restore(id, state)) return false;
  grow(row(id), n_tokens);
  return true;
}

int CellLedger::n_freed_by_cut(SequenceId id, int n_tokens) const {
  int end = 0;
  int n_freed = 0;
  for (const auto& run : row(id).runs) {
    end += run->n_cells;
    if (run.use_count() == 1 && end > n_tokens) n_freed += std::min(run->n_cells, end - n_tokens);
  }
  return n_freed;
}

int CellLedger::n_held_by(const std::vector<SequenceId>& ids) const {
  std::unordered_set<const Run*> seen;
  int n_cells = 0;
  for (const SequenceId id : ids) {
    for (const auto& run : row(id).runs) {
      if (seen.insert(run.get()).second) n_cells += run->n_cells;
    }
  }
  return n_cells;
}

void CellLedger::check_integrity() const {
  std::vector<SequenceId> all(rows_.size());
  std::iota(all.begin(), all.end(), 0);
  const int n_held = n_held_by(all);
  if (n_held != n_used_ || n_used_ > n_total_) {
    throw DecodeError("sequences hold " + std::to_string(n_held) + " cells, booked are " +
                      std::to_string(n_used_) + " of " + std::to_string(n_total_));
  }
  for (const Row& row : rows_) {
    int n_tokens = 0;
    for (const auto& run : row.runs) n_tokens += run->n_cells;
    if (n_tokens != row.n_tokens) {
      throw DecodeError("a sequence of " + std::to_string(row.n_tokens) + " tokens holds " +
                        std::to_string(n_tokens) + " cells");
    }
  }
}

void CellLedger::cut(Row& row, int n_tokens) {
  while (row.n_tokens > n_tokens) {
    const std::shared_ptr<Run>& last = row.runs.back();
    const int begin = row.n_tokens - last->n_cells;
    if (begin < n_tokens) {
      split(static_cast<SequenceId>(&row - rows_.data()), n_tokens);
      continue;
    }
    if (last.use_count() == 1) n_used_ -= last->n_cells;
    row.runs.pop_back();
    row.n_tokens = begin;
  }
}

void CellLedger::grow(Row& row, int n_cells) {
  if (n_cells == 0) return;
  if (!row.runs.empty() && row.runs.back().use_count() == 1) {
    row.runs.back()->n_cells += n_cells;
  } else {
    row.runs.push_back(std::make_shared<Run>(Run{n_cells}));
  }
  row.n_tokens += n_cells;
  n_used_ += n_cells;
}

std::size_t CellLedger::split(SequenceId id, int position) {
  const std::vector<std::shared_ptr<Run>>& runs = row(id).runs;
  std::size_t i = 0;
  int begin = 0;
  while (i < runs.size() && begin + runs[i]->n_cells <= position) begin += runs[i++]->n_cells;
  if (begin == position || i == runs.size()) return i;

  const std::shared_ptr<Run> head = runs[i];
  const auto tail = std::make_shared<Run>(Run{begin + head->n_cells - position});
  head->n_cells = position - begin;
  for (Row& holder : rows_) {
    const auto found = std::find(holder.runs.begin(), holder.runs.end(), head);
    if (found != holder.runs.end()) holder.runs.insert(found + 1, tail);
  }
  return i + 1;
}

}  // namespace electron_local
