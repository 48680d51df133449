#include "llm/cache/leaf_store.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/error.h"
#include "llm/cache/pins.h"

namespace electron_local {
namespace {

const CacheLimits& checked(const CacheLimits& limits) {
  if (limits.n_cached < 0 || limits.n_cached >= limits.n_sequences) {
    throw InvalidArgument(
        "n_cached must be between 0 and n_sequences - 1 = " + std::to_string(limits.n_sequences - 1) +
        ", got " + std::to_string(limits.n_cached));
  }
  if (limits.n_pinned_cells < 0 || limits.n_pinned_cells > limits.n_cells) {
    throw InvalidArgument("n_pinned_cells must be between 0 and n_cells = " + std::to_string(limits.n_cells) +
                          ", got " + std::to_string(limits.n_pinned_cells));
  }
  return limits;
}

}  // namespace

LeafStore::LeafStore(KvCells& cells, const CacheLimits& limits)
    : limits_(checked(limits)),
      ledger_(cells, limits.n_sequences, limits.n_cells),
      live_(static_cast<std::size_t>(limits.n_sequences)),
      host_(limits.host_bytes) {
  if (limits_.n_pinned_cells == 0) limits_.n_pinned_cells = limits_.n_cells / 2;
  for (SequenceId id = ledger_.n_sequences() - 1; id >= 0; --id) free_ids_.push_back(id);
}

Holder& LeafStore::running(SequenceId id) {
  if (id >= 0 && id < ledger_.n_sequences()) {
    Holder* holder = live_[static_cast<std::size_t>(id)].get();
    if (holder != nullptr && holder->kind == Holder::Kind::kRunning) return *holder;
  }
  throw DecodeError("sequence " + std::to_string(id) + " is not running");
}

int LeafStore::n_running_cells(const Holder* other) const {
  std::vector<SequenceId> ids;
  for (const auto& holder : live_) {
    const bool counts = holder && (holder->kind == Holder::Kind::kRunning || holder.get() == other);
    if (counts) ids.push_back(holder->id);
  }
  return ledger_.n_held_by(ids);
}

bool LeafStore::has_id() const {
  return !free_ids_.empty() || coldest_leaf([](const Holder&) { return true; }) != nullptr;
}

void LeafStore::run(SequenceId id, const std::vector<Token>& tokens, int n_tokens) {
  std::unique_ptr<Holder>& holder = live_[static_cast<std::size_t>(id)];
  if (!holder) holder = std::make_unique<Holder>();
  holder->kind = Holder::Kind::kRunning;
  holder->id = id;
  touch(*holder);
  move(*holder, tokens, n_tokens);
}

void LeafStore::move(Holder& holder, const std::vector<Token>& tokens, int n_tokens) {
  tree_.move(holder, tokens, n_tokens);
  if (can_trim() && holder.can_cut) erase_covered_by(holder);
}

void LeafStore::keep_as_leaf(Holder& holder) {
  const std::vector<Holder*>& peers = holder.end->holders;
  Holder* equal = nullptr;
  for (Holder* peer : peers) {
    if (peer->kind == Holder::Kind::kCached) equal = peer;
  }
  if (equal != nullptr) touch(*equal);
  if (holder.n_tokens() == 0 || equal != nullptr || is_covered(holder)) return erase(holder);

  holder.kind = Holder::Kind::kCached;
  touch(holder);
  const auto waiting = std::find_if(peers.begin(), peers.end(), [](Holder* peer) { return !peer->live(); });
  if (waiting != peers.end()) erase(**waiting);
}

int LeafStore::n_leaves() const {
  return static_cast<int>(std::count_if(live_.begin(), live_.end(), [](const auto& holder) {
    return holder && holder->kind == Holder::Kind::kCached;
  }));
}

void LeafStore::tidy() {
  while (n_leaves() > limits_.n_cached) evict(*leaf_to_drop(nullptr), 0);
}

void LeafStore::erase(Holder& holder) {
  tree_.remove(holder);
  if (!holder.live()) return host_.erase(holder);
  const SequenceId id = holder.id;
  ledger_.drop(id);
  live_[static_cast<std::size_t>(id)].reset();
  free_ids_.push_back(id);
}

void LeafStore::erase_as_evicted(Holder& leaf) {
  const std::vector<Token> tokens = tree_.tokens_of(leaf.end);
  erase(leaf);
  remember_if_gone(tokens);
}

bool LeafStore::contains(const std::vector<Token>& tokens) const {
  const auto n_tokens = static_cast<int>(tokens.size());
  const Place place = tree_.walk(tokens, n_tokens);
  if (place.n_tokens < n_tokens) return false;
  return place.node->n_live > 0 || RadixTree::find_host(place.node, [&](const Holder& leaf) {
           return leaf.begin < n_tokens && has_base(leaf);
         });
}

// A longer live sequence can take its place.
bool LeafStore::is_covered(const Holder& leaf) const {
  if (!can_trim() || leaf.end->n_live <= 1) return false;
  return RadixTree::find_live(leaf.end,
                              [&](const Holder& other) { return &other != &leaf && other.can_cut; });
}

void LeafStore::clear() {
  unpin_all();
  while (Holder* leaf = host_.coldest()) erase(*leaf);
  for (std::size_t id = 0; id < live_.size(); ++id) {
    if (live_[id] && live_[id]->kind == Holder::Kind::kCached) erase(*live_[id]);
  }
  evicted_.clear();
}

void LeafStore::fill(CacheStats& stats) const {
  stats.cells_total = ledger_.n_total();
  stats.cells_used = ledger_.n_used();
  for (const auto& holder : live_)
    stats.leaves_live += holder && holder->kind == Holder::Kind::kCached ? 1 : 0;
  stats.leaves_host = static_cast<int>(host_.all().size());
  stats.host_bytes = static_cast<decltype(stats.host_bytes)>(host_.n_bytes());
  stats.host_bytes_total = static_cast<decltype(stats.host_bytes_total)>(host_.n_most_bytes());
  stats.evictions = n_evictions_;
  stats.moves_to_host = n_moves_to_host_;
  stats.moves_from_host = n_moves_from_host_;
  stats.pinned_tokens = find_pins(tree_).n_tokens;
}

// A leaf on the way to a longer sequence holds nothing of its own, unless that begins behind it.
void LeafStore::erase_covered_by(const Holder& holder) {
  std::vector<Holder*> covered;
  for (const Node* node = holder.end; node != nullptr; node = node->parent) {
    for (Holder* other : node->holders) {
      const bool is_leaf = other->kind == Holder::Kind::kCached && holder.live() && node->pinned == 0;
      const bool is_state = !other->live() && other->begin >= holder.begin;
      if (other != &holder && (is_leaf || is_state)) covered.push_back(other);
    }
  }
  for (Holder* other : covered) erase(*other);
}

void LeafStore::remember_if_gone(const std::vector<Token>& tokens) {
  const int n_left = tree_.walk(tokens, static_cast<int>(tokens.size())).n_tokens;
  if (n_left == static_cast<int>(tokens.size())) return;
  evicted_.remember(tokens, n_left + 1);
  ++n_evictions_;
}

void LeafStore::check_integrity() const {
  ledger_.check_integrity();
  tree_.check_integrity();
  std::vector<SequenceId> running, leaves;
  std::size_t n_free_ids = 0;
  for (SequenceId id = 0; id < ledger_.n_sequences(); ++id) {
    const Holder* holder = live_[static_cast<std::size_t>(id)].get();
    const int n_tokens = holder != nullptr ? holder->n_tokens() : 0;
    if (ledger_.n_tokens(id) != n_tokens) {
      throw DecodeError("sequence " + std::to_string(id) + " holds " + std::to_string(ledger_.n_tokens(id)) +
                        " cells for " + std::to_string(n_tokens) + " tokens");
    }
    if (holder == nullptr) {
      n_free_ids += static_cast<std::size_t>(std::count(free_ids_.begin(), free_ids_.end(), id));
    } else if (holder->kind == Holder::Kind::kRunning) {
      running.push_back(id);
    } else {
      leaves.push_back(id);
      if (holder->end->pinned == 0 && is_covered(*holder)) {
        throw DecodeError("leaf " + std::to_string(id) + " is part of a longer sequence");
      }
    }
  }
  if (n_free_ids != free_ids_.size() || running.size() + leaves.size() + n_free_ids != live_.size()) {
    throw DecodeError("sequence ids: " + std::to_string(running.size()) + " run, " +
                      std::to_string(leaves.size()) + " are cached, " + std::to_string(free_ids_.size()) +
                      " free, in all " + std::to_string(live_.size()));
  }
  std::vector<SequenceId> held = running;
  held.insert(held.end(), leaves.begin(), leaves.end());
  const int n_running = ledger_.n_held_by(running);
  const int n_cached = ledger_.n_held_by(held) - n_running;
  if (ledger_.n_free() + n_cached + n_running != ledger_.n_total()) {
    throw DecodeError("cells: " + std::to_string(ledger_.n_free()) + " free + " + std::to_string(n_cached) +
                      " cached + " + std::to_string(n_running) + " running are not " +
                      std::to_string(ledger_.n_total()));
  }
  std::size_t n_bytes = 0;
  for (const auto& leaf : host_.all()) n_bytes += leaf->state.size();
  if (n_bytes != host_.n_bytes() || n_bytes > host_.n_most_bytes()) {
    throw DecodeError("host memory: " + std::to_string(n_bytes) + " bytes, booked " +
                      std::to_string(host_.n_bytes()) + ", limit " + std::to_string(host_.n_most_bytes()));
  }
}

}  // namespace electron_local
