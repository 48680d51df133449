// Memory of keys and values without a model: every cell knows which tokens it was computed for.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <random>
#include <stdexcept>
#include <vector>

#include "llm/cache/kv_cells.h"
#include "llm/types.h"

namespace electron_local_test {

using electron_local::KvCells;
using electron_local::SavedState;
using electron_local::SequenceId;
using electron_local::Token;

// Throws std::logic_error where libllama would misbehave: no room, an id that is not empty, wrong tokens.
class FakeKvCells final : public KvCells {
 public:
  FakeKvCells(int n_sequences, int n_cells, bool can_trim = true)
      : can_trim_(can_trim),
        cells_(static_cast<std::size_t>(n_cells)),
        rows_(static_cast<std::size_t>(n_sequences)) {}

  // One in `n_calls` saves, restores and replacements fails. 0: none.
  void fail_one_in(int n_calls, unsigned seed) {
    n_calls_ = n_calls;
    random_.seed(seed);
  }

  // The next n_calls cuts are refused, as a sliding window may do: the sequence is dropped.
  void refuse_cuts(int n_calls) { n_refused_cuts_ = n_calls; }

  void evaluate(SequenceId id, const std::vector<Token>& tokens, int n_total) {
    std::vector<int>& row = this->row(id);
    while (static_cast<int>(row.size()) < n_total) {
      const int cell = take();
      at(cell).token = tokens.at(row.size());
      at(cell).history = extend(row.empty() ? 0 : at(row.back()).history, at(cell).token);
      row.push_back(cell);
    }
  }

  // True: the memory of `id` is exactly what evaluating tokens [0, n) gives.
  bool holds(SequenceId id, const std::vector<Token>& tokens, int n) const {
    const std::vector<int>& row = this->row(id);
    if (static_cast<int>(row.size()) != n) return false;
    std::uint64_t history = 0;
    for (std::size_t i = 0; i < row.size(); ++i) {
      history = extend(history, tokens.at(i));
      if (at(row[i]).token != tokens[i] || at(row[i]).history != history) return false;
    }
    return true;
  }

  int n_tokens(SequenceId id) const { return static_cast<int>(row(id).size()); }

  int n_used() const {
    return static_cast<int>(
        std::count_if(cells_.begin(), cells_.end(), [](const Cell& cell) { return cell.n_holders > 0; }));
  }

  int n_held_by(const std::vector<SequenceId>& ids) const {
    std::vector<bool> held(cells_.size(), false);
    for (const SequenceId id : ids) {
      for (const int cell : row(id)) held[static_cast<std::size_t>(cell)] = true;
    }
    return static_cast<int>(std::count(held.begin(), held.end(), true));
  }

  // How many tokens of the prompt stand in `id`.
  int n_common(SequenceId id, const std::vector<Token>& prompt) const {
    const std::vector<int>& row = this->row(id);
    std::size_t n = 0;
    while (n < row.size() && n < prompt.size() && at(row[n]).token == prompt[n]) ++n;
    return static_cast<int>(n);
  }

  void share(SequenceId from, SequenceId to, int n_tokens) override {
    expect(row(to).empty(), "share into a sequence that is not empty");
    expect(n_tokens <= this->n_tokens(from), "share of more than there is");
    const int n = can_trim_ ? n_tokens : this->n_tokens(from);  // a recurrent state is one piece
    row(to).assign(row(from).begin(), row(from).begin() + n);
    for (const int cell : row(to)) ++at(cell).n_holders;
  }

  bool replace(SequenceId from, SequenceId to, int begin, int end) override {
    if (!can_trim_ || fails()) return false;
    expect(begin < end && end <= n_tokens(from) && end <= n_tokens(to), "replacement outside a sequence");
    for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
      const int given = row(from)[i];
      expect(at(given).history == at(row(to)[i]).history, "replacement by other tokens");
      ++at(given).n_holders;
      give_up(row(to)[i]);
      row(to)[i] = given;
    }
    return true;
  }

  int trim(SequenceId id, int n_tokens) override {
    if (n_tokens >= this->n_tokens(id)) return this->n_tokens(id);
    if (!can_trim_ || (n_tokens > 0 && n_refused_cuts_-- > 0)) n_tokens = 0;
    while (this->n_tokens(id) > n_tokens) {
      give_up(row(id).back());
      row(id).pop_back();
    }
    return n_tokens;
  }

  void drop(SequenceId id) override {
    for (const int cell : row(id)) give_up(cell);
    row(id).clear();
  }

  std::size_t n_state_bytes(SequenceId id, int begin) override {
    if (begin > 0 && !can_trim_) return 0;
    return (row(id).size() - static_cast<std::size_t>(begin)) * sizeof(Token);
  }

  SavedState save(SequenceId id, int begin, std::size_t n_most_bytes) override {
    expect(begin >= 0 && begin < n_tokens(id), "save of nothing");
    const auto first = static_cast<std::size_t>(begin);
    const std::size_t n_bytes = n_state_bytes(id, begin);
    if (fails() || n_bytes == 0 || n_bytes > n_most_bytes) return {};
    SavedState state(n_bytes);
    for (std::size_t i = first; i < row(id).size(); ++i) {
      std::memcpy(state.data() + (i - first) * sizeof(Token), &at(row(id)[i]).token, sizeof(Token));
    }
    return state;
  }

  bool restore(SequenceId id, const SavedState& state) override {
    const std::size_t n_restored = state.size() / sizeof(Token);
    if (fails() || static_cast<int>(n_restored) > static_cast<int>(cells_.size()) - n_used()) return false;
    std::vector<Token> tokens(row(id).size() + n_restored);
    std::memcpy(tokens.data() + row(id).size(), state.data(), state.size());
    evaluate(id, tokens, static_cast<int>(tokens.size()));
    return true;
  }

 private:
  struct Cell {
    int n_holders = 0;
    Token token = -1;
    std::uint64_t history = 0;  // of the tokens up to this one: what keys and values depend on
  };

  static std::uint64_t extend(std::uint64_t history, Token token) {
    return (history ^ static_cast<std::uint64_t>(token + 1)) * 0x9e3779b97f4a7c15u + 1;
  }
  static void expect(bool condition, const char* what) {
    if (!condition) throw std::logic_error(what);
  }

  bool fails() { return n_calls_ > 0 && random_() % static_cast<unsigned>(n_calls_) == 0; }
  Cell& at(int cell) { return cells_[static_cast<std::size_t>(cell)]; }
  const Cell& at(int cell) const { return cells_[static_cast<std::size_t>(cell)]; }
  std::vector<int>& row(SequenceId id) { return rows_.at(static_cast<std::size_t>(id)); }
  const std::vector<int>& row(SequenceId id) const { return rows_.at(static_cast<std::size_t>(id)); }
  void give_up(int cell) { --at(cell).n_holders; }
  int take() {
    const auto found =
        std::find_if(cells_.begin(), cells_.end(), [](const Cell& cell) { return cell.n_holders == 0; });
    expect(found != cells_.end(), "no free cell");
    found->n_holders = 1;
    return static_cast<int>(found - cells_.begin());
  }

  bool can_trim_;
  std::vector<Cell> cells_;
  std::vector<std::vector<int>> rows_;  // cells by position, by id
  int n_calls_ = 0;
  int n_refused_cuts_ = 0;
  std::mt19937 random_;
};

}  // namespace electron_local_test
