// How many prompt tokens go into one step. Pure.
#pragma once

#include <cstdint>

namespace electron_local {

// Who computes attention: libllama in several nodes, in one node token by token, or in one node in tiles of
// kFlashTile tokens and more; or `attend`.
enum class AttentionPath { kSeparateNodes, kFlash, kFlashInTiles, kOwn };

// Multiplications that one token costs in the two kinds of node that grow with a model.
struct NodeCosts {
  std::int64_t feed_forward = 0;        // of the widest matrix
  std::int64_t attention_per_cell = 0;  // queries against one cell of the cache
  AttentionPath attention = AttentionPath::kSeparateNodes;
};

// So many that no node of the graph runs for more than a few milliseconds while `n_cells` are in use, because
// a cancel is seen between nodes; at least kMinPrefillTokens, or a tile, and at most `n_batch`. Shorter steps
// read a prompt no slower, their intermediate values stay in the processor's cache; but in libllama's flash
// attention they do, deep in a prompt: that is what the cancel costs.
int prefill_length(const NodeCosts& costs, int n_cells, int n_batch);

constexpr int kMinPrefillTokens = 32;

// libllama's flash attention works in tiles from so many tokens on, where keys are in float16.
constexpr int kFlashTile = 64;

}  // namespace electron_local
