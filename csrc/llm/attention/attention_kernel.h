// The arithmetic of attention: one tile of queries against blocks of keys.
#pragma once

#include <cstdint>
#include <limits>

#include "llm/attention/attention.h"

namespace electron_local {

constexpr int kTileRows = kMostSharingHeads;  // queries a key head of a tile
constexpr int kRegisterRows = 6;  // that are multiplied at once: by 2 vectors they leave room in 16 registers
static_assert(kTileRows % kRegisterRows == 0);
constexpr int kWeightLanes = 16;
constexpr int kBlockCells = 32;  // that are gone through at once

constexpr float kHidden = -std::numeric_limits<float>::infinity();  // a score
constexpr std::uint16_t kHiddenHalf = 0xFC00;                       // the same in a mask

// Cells that some tokens of a tile, [first_token, end_token), may see: neighbours in the cache, or those that
// are scattered among other conversations' for one token.
struct VisibleBlock {
  std::int32_t cells[kBlockCells] = {};  // from n_cells on the last one is repeated
  std::int16_t n_cells = 0;
  std::int16_t first_token = 0, end_token = 0;
  bool are_neighbours = true;
};

// Some tokens of a step under some of its key heads.
struct Tile {
  int first_token = 0, n_tokens = 0;
  int first_key_head = 0, n_key_heads = 0;
};

// Memory of one thread, each array at a cache line. A query's row is
// (its key head in the tile * kTileRows) + (token in the tile * query heads a key head) + query head of that.
struct TileMemory {
  float* queries = nullptr;   // [rows][key_width], scaled
  float* sums = nullptr;      // [rows][value_width]: of values, times exp(score - greatest)
  float* greatest = nullptr;  // [rows]: score so far
  float* weights = nullptr;   // [rows][kWeightLanes], to be summed: of exp(score - greatest)
  float* scores = nullptr;    // [kTileRows][kBlockCells], of one key head
  float* keys = nullptr;      // [key_width][kBlockCells]: one block's, turned
  float* values = nullptr;    // [kBlockCells][value_width]: one block's
};

// Adds what `n_blocks` blocks hold to the tile's sums, weights and greatest scores in `memory`.
void attend_tile(const Attention& attention, const Tile& tile, const VisibleBlock* blocks, int n_blocks,
                 const TileMemory& memory);

}  // namespace electron_local
