#include "llm/cache/prefix_tree.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/error.h"

namespace electron_local {
namespace {

// Exchanging cells looks at every cell there is: tokens that come singly wait until a block is full.
constexpr int kBlock = 32;
constexpr int kMostDecoded = 4;  // tokens of a step that count as coming singly

// The deepest place up the way where some live holder has the tokens.
Place live_part(Place place) {
  while (place.node->n_live == 0 && place.node->parent != nullptr) {
    place.node = place.node->parent;
    place.n_tokens = place.node->end;
  }
  return place;
}

// Which holders can give the first n_tokens; a running one may hold more than the tree knows.
RadixTree::Test can_end_at(int n_tokens) {
  return [n_tokens](const Holder& holder) {
    return holder.can_cut || (holder.kind != Holder::Kind::kRunning && holder.n_tokens() == n_tokens);
  };
}

// Whether the first n_tokens of the holder are all it has, or end where no other live sequence has them.
bool reaches_own_part(const Holder& holder, int n_tokens) {
  const Node* node = holder.end;
  while (node->begin() >= n_tokens) node = node->parent;
  return holder.n_tokens() == n_tokens || node->n_live == (holder.live() ? 1 : 0);
}

}  // namespace

std::optional<Lease> PrefixTree::acquire_up_to(const std::vector<Token>& prompt, int n_most) {
  if (!leaves_.has_id()) return std::nullopt;
  for (;;) {
    const Match match = find(prompt, n_most);
    const std::optional<SequenceId> id = fill(match, prompt);
    if (!id) continue;
    leaves_.run(*id, prompt, match.n_tokens);
    leaves_.make_way(static_cast<int>(prompt.size()) - match.n_tokens);
    ++(match.n_tokens > 0 ? n_hits_ : n_misses_);
    return Lease{*id, match.n_tokens, match.end};
  }
}

int PrefixTree::match_length(const std::vector<Token>& prompt) const {
  return find(prompt, std::max(0, static_cast<int>(prompt.size()) - 1)).n_tokens;
}

bool PrefixTree::reserve(int n_cells) { return leaves_.make_free(n_cells); }

void PrefixTree::publish(SequenceId id, const std::vector<Token>& tokens, int n_total) {
  if (n_total < 0 || n_total > static_cast<int>(tokens.size())) {
    throw DecodeError("sequence " + std::to_string(id) + " cannot hold " + std::to_string(n_total) + " of " +
                      std::to_string(tokens.size()) + " tokens");
  }
  Holder& holder = leaves_.running(id);
  leaves_.ledger().evaluated(id, n_total);
  const int n_before = holder.n_tokens();
  const bool is_same_block = n_total - n_before <= kMostDecoded && n_before / kBlock == n_total / kBlock;
  if (n_total > n_before && !is_same_block) share_duplicates(id, tokens, n_before / kBlock * kBlock, n_total);
  leaves_.move(holder, tokens, n_total);
}

void PrefixTree::release(SequenceId id, const std::vector<Token>& tokens, int n_total) {
  publish(id, tokens, n_total);
  share_duplicates(id, tokens, n_total / kBlock * kBlock, n_total);
  leaves_.keep_as_leaf(leaves_.running(id));
}

bool PrefixTree::adopt(const std::vector<Token>& tokens, SavedState state) {
  return leaves_.adopt(tokens, std::move(state));
}

CacheStats PrefixTree::stats() const {
  CacheStats stats;
  leaves_.fill(stats);
  stats.hits = n_hits_;
  stats.misses = n_misses_;
  return stats;
}

PrefixTree::Match PrefixTree::find(const std::vector<Token>& prompt, int n_most) const {
  const Place place = leaves_.tree().walk(prompt, n_most);
  Match match = leaves_.can_trim() ? find_cut(place) : find_whole(place);
  match.end = reason(prompt, place, match.n_tokens);
  return match;
}

// Any sequence that begins so can be cut to the match.
PrefixTree::Match PrefixTree::find_cut(const Place& place) const {
  if (place.n_tokens == 0) return {};
  const Match live = find_live(place);
  if (live.n_tokens < place.n_tokens) {
    const RadixTree::Test can_end_here = can_end_at(place.n_tokens);
    Holder* leaf = RadixTree::find_host(place.node, [&](const Holder& each) {
      return each.begin < place.n_tokens && can_end_here(each) && leaves_.has_base(each);
    });
    if (leaf != nullptr && pays(*leaf, place.n_tokens, live.n_tokens)) return {leaf, place.n_tokens};
  }
  return live;
}

PrefixTree::Match PrefixTree::find_live(const Place& place) const {
  for (Place live = live_part(place); live.n_tokens > 0;
       live = live_part({live.node->parent, live.node->begin()})) {
    for (Holder* holder : live.node->holders) {  // best a leaf that ends there: it can run on
      if (holder->kind == Holder::Kind::kCached && holder->n_tokens() == live.n_tokens)
        return {holder, live.n_tokens};
    }
    Holder* holder = RadixTree::find_live(live.node, can_end_at(live.n_tokens));
    if (holder != nullptr) return {holder, live.n_tokens};
  }
  return {};
}

// Only a leaf that ends on the way can be used; a running sequence may hold more than was published.
PrefixTree::Match PrefixTree::find_whole(const Place& place) const {
  const Node* node = place.n_tokens == place.node->end ? place.node : place.node->parent;
  Match waiting;
  for (; node != nullptr && node->parent != nullptr; node = node->parent) {
    for (Holder* holder : node->holders) {
      if (holder->kind == Holder::Kind::kCached) {
        const bool restores = waiting.source != nullptr && pays(*waiting.source, waiting.n_tokens, node->end);
        return restores ? waiting : Match{holder, node->end};
      }
      if (holder->kind == Holder::Kind::kHost && waiting.source == nullptr && pays(*holder, node->end, 0)) {
        waiting = {holder, node->end};
      }
    }
  }
  return waiting;
}

// With the states that stand before it, as far as those are not live. All that runs, and the live sequence
// that they are restored behind, stays in cells.
bool PrefixTree::pays(const Holder& host_leaf, int n_tokens, int n_live) const {
  std::int64_t n_copied = 0;
  int n_longest = 0;
  int begin = 0;
  const Holder* part = &host_leaf;
  for (; part != nullptr && !part->live(); part = leaves_.find_base(*part)) {
    begin = part->begin;
    n_copied += part->n_tokens() - begin + kCopyOverhead;
    n_longest = std::max(n_longest, part->n_tokens());
  }
  const std::int64_t n_won = n_tokens - n_live;
  return n_won * leaves_.ledger().n_copied_per_evaluated() >= n_copied &&
         n_longest - begin <= leaves_.ledger().n_total() - leaves_.n_running_cells(part);
}

const char* PrefixTree::reason(const std::vector<Token>& prompt, const Place& place, int n_tokens) const {
  const bool is_known = n_tokens > 0 || (!prompt.empty() && place.node->children.count(prompt[0]) > 0);
  if (is_known && n_tokens + 1 == static_cast<int>(prompt.size())) return "whole prompt";
  if (n_tokens < place.n_tokens) {
    const bool is_refused = !leaves_.can_trim() || n_tokens < live_part(place).n_tokens;
    return is_refused ? "not trimmable" : "end of cache";
  }
  if (place.n_tokens < static_cast<int>(prompt.size()) &&
      leaves_.evicted().contains(prompt, place.n_tokens + 1)) {
    return "evicted";
  }
  const bool at_end = place.n_tokens == place.node->end && place.node->children.empty();
  if (at_end) return place.n_tokens == 0 ? "cold" : "end of cache";
  return "first differing token";
}

// What stands before a state first: while it is restored nothing younger goes to host memory.
void PrefixTree::touch(Holder& holder) {
  if (Holder* base = leaves_.find_base(holder)) touch(*base);
  leaves_.touch(holder);
}

std::optional<SequenceId> PrefixTree::fill(const Match& match, const std::vector<Token>& prompt) {
  if (match.source == nullptr) return leaves_.take_id(nullptr);
  const bool is_host = !match.source->live();
  if (is_host || reaches_own_part(*match.source, match.n_tokens)) touch(*match.source);
  return is_host ? fill_from_host(match, prompt) : fill_from_live(match, prompt);
}

// Restored straight into the running sequence, behind what it begins with. The leaf, just touched, outlives
// whatever makes room for it here, and stays in host memory unless that sequence covers it.
std::optional<SequenceId> PrefixTree::fill_from_host(const Match& match, const std::vector<Token>& prompt) {
  Holder& leaf = *match.source;
  CellLedger& ledger = leaves_.ledger();
  const std::optional<SequenceId> id = fill_base(leaf, prompt);
  if (!id) return std::nullopt;
  const int n_restored = leaf.n_tokens() - leaf.begin;
  leaves_.make_free(n_restored);
  if (!ledger.restore(*id, leaf.state, n_restored)) {
    leaves_.give_back(*id);
    leaves_.erase_as_evicted(leaf);
    return std::nullopt;
  }
  if (match.n_tokens < leaf.n_tokens() && !ledger.trim(*id, match.n_tokens)) {
    leaves_.give_back(*id);
    leaf.can_cut = false;
    return std::nullopt;
  }
  leaves_.count_move_from_host();
  share_duplicates(*id, prompt, leaf.begin, match.n_tokens);
  return id;
}

// A sequence that holds what stands before the state of a host leaf; nullopt: the memory refused.
std::optional<SequenceId> PrefixTree::fill_base(const Holder& leaf, const std::vector<Token>& prompt) {
  if (leaf.begin == 0) return leaves_.take_id(nullptr);
  Holder& base = *leaves_.find_base(leaf);
  return base.live() ? share_from(base, leaf.begin) : fill_from_host({&base, leaf.begin}, prompt);
}

// Another sequence that holds the first n_tokens of a live one or, where no id is left, that one itself.
std::optional<SequenceId> PrefixTree::share_from(Holder& source, int n_tokens) {
  const SequenceId from = source.id;
  const std::optional<SequenceId> id = leaves_.take_id(&source);
  if (!id) {  // what is behind the match may go to host memory
    if (!leaves_.evict(source, n_tokens)) return std::nullopt;
    return from;
  }
  if (!leaves_.ledger().share(from, *id, n_tokens)) {
    leaves_.give_back(*id);
    source.can_cut = false;
    return std::nullopt;
  }
  return id;
}

std::optional<SequenceId> PrefixTree::fill_from_live(const Match& match, const std::vector<Token>& prompt) {
  Holder& source = *match.source;
  const bool is_leaf = source.kind == Holder::Kind::kCached;
  const bool is_whole = source.n_tokens() == match.n_tokens;
  if (is_leaf && is_whole && leaves_.can_trim() && source.can_cut) return source.id;

  const int n_new = static_cast<int>(prompt.size()) - match.n_tokens;
  const bool gives_way = is_leaf && n_new > 1 && leaves_.gives_way(source, match.n_tokens, n_new);
  if (!gives_way) return share_from(source, match.n_tokens);
  const SequenceId id = source.id;
  if (!leaves_.evict(source, match.n_tokens)) return std::nullopt;
  return id;
}

// Where another live sequence has the same tokens, its cells take the place of those just evaluated or
// restored.
void PrefixTree::share_duplicates(SequenceId id, const std::vector<Token>& tokens, int begin, int end) {
  if (!leaves_.can_trim()) return;
  const Place place = live_part(leaves_.tree().walk(tokens, end));
  if (place.n_tokens <= begin) return;
  const Holder* other =
      RadixTree::find_live(place.node, [id](const Holder& each) { return each.id != id && each.can_cut; });
  if (other != nullptr) leaves_.ledger().replace(other->id, id, begin, place.n_tokens);
}

}  // namespace electron_local
