// Which cells a tile must go through.
#pragma once

#include "llm/attention/attention_kernel.h"

namespace electron_local {

// Returns their number. The tokens of one text have full blocks of the cells of that text, in their order in
// the cache. Of several texts blocks are cut where they lie; where the tokens of a block see less than half
// of it, as they do where conversations that are written side by side took turns in the cache, each token's
// cells are gathered into blocks of its own.
int find_visible_blocks(const Attention& attention, const Tile& tile, VisibleBlock* blocks);

// At most so many.
int most_visible_blocks(int n_cells, int n_tokens);

// The first block of a share, where all shares cost the same.
int first_of_share(const Attention& attention, const VisibleBlock* blocks, int n_blocks, int share,
                   int n_shares);

}  // namespace electron_local
