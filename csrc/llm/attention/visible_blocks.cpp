#include "llm/attention/visible_blocks.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace electron_local {
namespace {

// Bit i: the token may see the cell i behind `mask`.
std::uint32_t visible_bits(const std::uint16_t* mask, int n_cells) {
  constexpr std::uint64_t kFourHidden = 0xFC00FC00FC00FC00u;
  std::uint32_t bits = 0;
  int i = 0;
  for (; i + 4 <= n_cells; i += 4) {
    std::uint64_t four;
    std::memcpy(&four, mask + i, sizeof four);
    if (four == kFourHidden) continue;
    if (four == 0) {
      bits |= 15u << i;
      continue;
    }
    for (int j = i; j < i + 4; ++j) bits |= (mask[j] != kHiddenHalf ? 1u : 0u) << j;
  }
  for (; i < n_cells; ++i) bits |= (mask[i] != kHiddenHalf ? 1u : 0u) << i;
  return bits;
}

class BlockFinder {
 public:
  BlockFinder(const Attention& attention, const Tile& tile, VisibleBlock* blocks)
      : attention_(attention), tile_(tile), blocks_(blocks) {}

  int find() {
    if (find_of_one_text()) return n_blocks_;
    n_blocks_ = 0;
    for (int cell = 0; cell < attention_.n_cells; cell += kBlockCells) look_at(cell);
    for (int token = 0; token < tile_.n_tokens; ++token) append(gathered_[token]);
    return n_blocks_;
  }

 private:
  // The cells from `first_cell` on that each token may see; how many there are.
  int read_bits(int first_cell, std::uint32_t* bits) const {
    const int n_cells = std::min(kBlockCells, attention_.n_cells - first_cell);
    const std::uint32_t all = n_cells == kBlockCells ? ~0u : (1u << n_cells) - 1;
    for (int token = 0; token < tile_.n_tokens; ++token) {
      const auto row = static_cast<std::size_t>(tile_.first_token + token) * attention_.mask_token_stride;
      bits[token] =
          attention_.mask == nullptr ? all : visible_bits(attention_.mask + row + first_cell, n_cells);
    }
    return n_cells;
  }

  // Tokens that follow one another in one text: each sees what the one before it sees. Their cells make full
  // blocks wherever they lie, so that sums are rounded alike when the same text lies elsewhere in the cache.
  // False: other tokens.
  bool find_of_one_text() {
    VisibleBlock block = empty_block();
    std::uint32_t bits[kTileRows];
    for (int first_cell = 0; first_cell < attention_.n_cells; first_cell += kBlockCells) {
      read_bits(first_cell, bits);
      for (int token = 1; token < tile_.n_tokens; ++token) {
        if ((bits[token - 1] & ~bits[token]) != 0) return false;
      }
      for (std::uint32_t rest = bits[tile_.n_tokens - 1]; rest != 0;) {
        const std::uint32_t before = rest;
        for (; rest != 0 && block.n_cells < kBlockCells; rest &= rest - 1)
          block.cells[block.n_cells++] = first_cell + __builtin_ctz(rest);
        const std::uint32_t added = before & ~rest;
        int token = 0;
        while ((bits[token] & added) == 0) ++token;
        block.first_token = std::min(block.first_token, static_cast<std::int16_t>(token));
        if (block.n_cells == kBlockCells) {
          append_of_one_text(block);
          block = empty_block();
        }
      }
    }
    append_of_one_text(block);
    return true;
  }

  VisibleBlock empty_block() const {
    VisibleBlock block;
    block.first_token = block.end_token = static_cast<std::int16_t>(tile_.n_tokens);
    return block;
  }

  void append_of_one_text(VisibleBlock& block) {
    block.are_neighbours =
        block.n_cells > 0 && block.cells[block.n_cells - 1] - block.cells[0] == block.n_cells - 1;
    append(block);
  }

  void look_at(int first_cell) {
    std::uint32_t bits[kTileRows];
    const int n_cells = read_bits(first_cell, bits);
    VisibleBlock block;
    block.first_token = static_cast<std::int16_t>(tile_.n_tokens);
    int n_seen = 0;
    for (int token = 0; token < tile_.n_tokens; ++token) {
      if (bits[token] == 0) continue;
      block.first_token = std::min(block.first_token, static_cast<std::int16_t>(token));
      block.end_token = static_cast<std::int16_t>(token + 1);
      n_seen += __builtin_popcount(bits[token]);
    }
    if (n_seen == 0) return;
    if (2 * n_seen >= (block.end_token - block.first_token) * n_cells) {
      block.n_cells = static_cast<std::int16_t>(n_cells);
      for (int i = 0; i < n_cells; ++i) block.cells[i] = first_cell + i;
      append(block);
      return;
    }
    for (int token = block.first_token; token < block.end_token; ++token) {
      VisibleBlock& own = gathered_[token];
      own.first_token = static_cast<std::int16_t>(token);
      own.end_token = static_cast<std::int16_t>(token + 1);
      own.are_neighbours = false;
      for (std::uint32_t rest = bits[token]; rest != 0; rest &= rest - 1) {
        own.cells[own.n_cells++] = first_cell + __builtin_ctz(rest);
        if (own.n_cells < kBlockCells) continue;
        append(own);
        own.n_cells = 0;
      }
    }
  }

  void append(const VisibleBlock& block) {
    if (block.n_cells == 0) return;
    VisibleBlock& placed = blocks_[n_blocks_++];
    placed = block;
    std::fill(placed.cells + block.n_cells, placed.cells + kBlockCells, placed.cells[block.n_cells - 1]);
  }

  const Attention& attention_;
  const Tile& tile_;
  VisibleBlock* blocks_;
  int n_blocks_ = 0;
  VisibleBlock gathered_[kTileRows];
};

}  // namespace

// A block is gathered where its tokens see less than 16 cells each on average: half a block a token, and in
// the end what is left of each token's.
int most_visible_blocks(int n_cells, int n_tokens) {
  const int n_blocks = (n_cells + kBlockCells - 1) / kBlockCells;
  return n_blocks * std::max(1, (n_tokens + 1) / 2) + n_tokens;
}

int find_visible_blocks(const Attention& attention, const Tile& tile, VisibleBlock* blocks) {
  return BlockFinder(attention, tile, blocks).find();
}

int first_of_share(const Attention& attention, const VisibleBlock* blocks, int n_blocks, int share,
                   int n_shares) {
  // In the time that one token takes to be multiplied with a block of keys of 64 elements under three heads,
  // as measured on AVX-512: reading a block, and widening it where it has many rows.
  constexpr int kReading = 4, kWidening = 4;
  const int n_shared = attention.n_heads / attention.n_key_heads;
  const auto cost = [n_shared](const VisibleBlock& block) {
    const int n_tokens = block.end_token - block.first_token;
    return kReading + n_tokens + (n_tokens * n_shared > kRegisterRows ? kWidening : 0);
  };
  int total = 0;
  for (int i = 0; i < n_blocks; ++i) total += cost(blocks[i]);
  int i = 0;
  for (int before = 0; i < n_blocks && before * n_shares < total * share; ++i) before += cost(blocks[i]);
  return i;
}

}  // namespace electron_local
