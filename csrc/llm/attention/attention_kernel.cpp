#include "llm/attention/attention_kernel.h"

#include <algorithm>
#include <utility>

#include "base/aligned.h"
#include "base/cpu.h"
#include "llm/attention/attention_lanes.h"
#include "llm/attention/attention_products.h"

#if defined(__x86_64__)
#define ELECTRON_LOCAL_ATTENTION_AVX2 __attribute__((target("avx2,fma,f16c")))
#define ELECTRON_LOCAL_ATTENTION_AVX512 __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,fma,f16c")))
#endif

namespace electron_local {
namespace {

constexpr int kBlocksAhead = 4;

// Scores become exp(score - greatest); what was summed up under a smaller greatest score is scaled down.
template <int kBytes>
ELECTRON_LOCAL_INLINE void weigh_scores(const Attention& attention, float* scores, const std::uint16_t* mask,
                                        float* greatest, float* weights, float* sums) {
  constexpr int kN = kLanesOf<kBytes>;
  constexpr int kVectors = kBlockCells / kN;
  Floats<kBytes> lanes[kVectors];
  Floats<kBytes> most;
  fill<kBytes>(most, kHidden);
  for (int v = 0; v < kVectors; ++v) {
    load<kBytes>(lanes[v], scores + v * kN);
    if (attention.score_cap > 0.0f) cap<kBytes>(lanes[v], attention.score_cap);
    Floats<kBytes> added;
    widen_halves<kBytes>(added, reinterpret_cast<const std::byte*>(mask + v * kN));
    lanes[v] += added;
    most = lanes[v] > most ? lanes[v] : most;
  }
  spread_greatest<kBytes, kN / 2>(most, std::make_index_sequence<kN>());
  const float best = std::max(*greatest, most[0]);
  Floats<kBytes> sum;
  load<kBytes>(sum, weights);
  if (best > *greatest) {
    Floats<kBytes> shrinks;
    fill<kBytes>(shrinks, *greatest - best);
    exponentiate<kBytes>(shrinks);
    sum *= shrinks;
    for (int i = 0; i < attention.value_width; i += kN) {
      Floats<kBytes> old;
      load<kBytes>(old, sums + i);
      old *= shrinks;
      store<kBytes>(sums + i, old);
    }
    *greatest = best;
  }
  for (int v = 0; v < kVectors; ++v) {
    lanes[v] -= best == kHidden ? 0.0f : best;
    exponentiate<kBytes>(lanes[v]);
    sum += lanes[v];
    store<kBytes>(scores + v * kN, lanes[v]);
  }
  store<kBytes>(weights, sum);
}

// What is added to a token's scores in a block: where it lies together there, or copied to `own`.
ELECTRON_LOCAL_INLINE const std::uint16_t* mask_of(const Attention& attention, int token,
                                                   const VisibleBlock& block, std::uint16_t* own) {
  const std::uint16_t* mask = attention.mask;
  if (mask != nullptr) mask += static_cast<std::size_t>(token) * attention.mask_token_stride;
  if (mask != nullptr && block.are_neighbours && block.n_cells == kBlockCells) return mask + block.cells[0];
  for (int i = 0; i < kBlockCells; ++i)
    own[i] = i >= block.n_cells ? kHiddenHalf : mask == nullptr ? std::uint16_t{0} : mask[block.cells[i]];
  return own;
}

// Bytes of a head's keys or values in one cell.
template <KeyType kType>
constexpr std::size_t row_bytes(int width) {
  return static_cast<std::size_t>(kType == KeyType::kFloat16 ? width * 2 : width / 32 * 34);
}

ELECTRON_LOCAL_INLINE void fetch(const std::byte* begin, std::size_t n_bytes) {
  constexpr auto kLine = static_cast<std::size_t>(kCacheLine);
  for (std::size_t byte = 0; byte < n_bytes; byte += kLine) __builtin_prefetch(begin + byte, 0, 2);
}

// Into the second cache, cell by cell, as a cache of keys and values lies in memory: the processor's own
// guesses come too late.
template <KeyType kType>
ELECTRON_LOCAL_INLINE void fetch_ahead(const Attention& attention, const Tile& tile,
                                       const VisibleBlock& block) {
  const std::size_t key_bytes = row_bytes<kType>(attention.key_width);
  const std::size_t value_bytes = row_bytes<kType>(attention.value_width);
  for (int i = 0; i < block.n_cells; ++i) {
    const auto cell = static_cast<std::size_t>(block.cells[i]);
    for (int head = tile.first_key_head; head < tile.first_key_head + tile.n_key_heads; ++head) {
      const auto own = static_cast<std::size_t>(head);
      fetch(attention.keys + cell * attention.key_cell_stride + own * attention.key_head_stride, key_bytes);
      fetch(attention.values + cell * attention.value_cell_stride + own * attention.value_head_stride,
            value_bytes);
    }
  }
}

// One key head of one block.
template <int kBytes, KeyType kType>
ELECTRON_LOCAL_INLINE void attend_block(const Attention& attention, const Tile& tile,
                                        const VisibleBlock& block, int head_in_tile,
                                        const StoredRows<kType>& keys, const StoredRows<kType>& values,
                                        const TileMemory& memory) {
  const int n_shared = attention.n_heads / attention.n_key_heads;
  const int n_rows = (block.end_token - block.first_token) * n_shared;
  const int first_row = head_in_tile * kTileRows + block.first_token * n_shared;
  const float* queries = memory.queries + first_row * attention.key_width;
  float* sums = memory.sums + first_row * attention.value_width;
  const bool are_few = n_rows <= kRegisterRows;  // nothing would be read twice
  if (are_few) {
    with_rows(
        n_rows, [&](auto rows) __attribute__((always_inline)) {
          score_few<kBytes, rows.value>(queries, keys, attention.key_width, memory.scores);
        });
  } else {
    transpose_keys<kBytes>(keys, attention.key_width, memory.keys);
    multiply<kBytes, false>(queries, n_rows, FloatRows{memory.keys, kBlockCells}, kBlockCells, memory.scores,
                            attention.key_width);
  }
  for (int token = block.first_token, row = 0; token < block.end_token; ++token) {
    std::uint16_t own[kBlockCells];
    const std::uint16_t* mask = mask_of(attention, tile.first_token + token, block, own);
    for (int i = 0; i < n_shared; ++i, ++row) {
      weigh_scores<kBytes>(
          attention, memory.scores + row * kBlockCells, mask, memory.greatest + first_row + row,
          memory.weights + (first_row + row) * kWeightLanes, sums + row * attention.value_width);
    }
  }
  if (are_few) {
    multiply<kBytes, true>(memory.scores, n_rows, values, attention.value_width, sums, kBlockCells);
  } else {
    widen_values<kBytes>(values, attention.value_width, memory.values);
    multiply<kBytes, true>(memory.scores, n_rows, FloatRows{memory.values, attention.value_width},
                           attention.value_width, sums, kBlockCells);
  }
}

template <int kBytes, KeyType kType>
ELECTRON_LOCAL_INLINE void attend_blocks(const Attention& attention, const Tile& tile,
                                         const VisibleBlock* blocks, int n_blocks, const TileMemory& memory) {
  for (int i = 0; i < n_blocks; ++i) {
    if (i + kBlocksAhead < n_blocks) fetch_ahead<kType>(attention, tile, blocks[i + kBlocksAhead]);
    std::size_t key_offsets[kBlockCells], value_offsets[kBlockCells];
    for (int cell = 0; cell < kBlockCells; ++cell) {
      key_offsets[cell] = static_cast<std::size_t>(blocks[i].cells[cell]) * attention.key_cell_stride;
      value_offsets[cell] = static_cast<std::size_t>(blocks[i].cells[cell]) * attention.value_cell_stride;
    }
    for (int head = 0; head < tile.n_key_heads; ++head) {
      const auto key_head = static_cast<std::size_t>(tile.first_key_head + head);
      const StoredRows<kType> keys{attention.keys + key_head * attention.key_head_stride, key_offsets};
      const StoredRows<kType> values{attention.values + key_head * attention.value_head_stride,
                                     value_offsets};
      attend_block<kBytes, kType>(attention, tile, blocks[i], head, keys, values, memory);
    }
  }
}

using Kernel = void (*)(const Attention&, const Tile&, const VisibleBlock*, int, const TileMemory&);

#if defined(__x86_64__)
template <KeyType kType>
ELECTRON_LOCAL_ATTENTION_AVX2 void attend_avx2(const Attention& attention, const Tile& tile,
                                               const VisibleBlock* blocks, int n_blocks,
                                               const TileMemory& memory) {
  attend_blocks<kAvx2Bytes, kType>(attention, tile, blocks, n_blocks, memory);
}

template <KeyType kType>
ELECTRON_LOCAL_ATTENTION_AVX512 void attend_avx512(const Attention& attention, const Tile& tile,
                                                   const VisibleBlock* blocks, int n_blocks,
                                                   const TileMemory& memory) {
  attend_blocks<kAvx512Bytes, kType>(attention, tile, blocks, n_blocks, memory);
}
#elif defined(__aarch64__)
template <KeyType kType>
void attend_neon(const Attention& attention, const Tile& tile, const VisibleBlock* blocks, int n_blocks,
                 const TileMemory& memory) {
  attend_blocks<kBaselineBytes, kType>(attention, tile, blocks, n_blocks, memory);
}
#endif

template <KeyType kType>
Kernel select_kernel() {
#if defined(__x86_64__)
  if (selected_isa() == Isa::kAvx512 && has_cpu_feature("f16c")) return attend_avx512<kType>;
  if (selected_isa() == Isa::kAvx2 && has_cpu_feature("f16c")) return attend_avx2<kType>;
#elif defined(__aarch64__)
  if (selected_isa() == Isa::kNeon) return attend_neon<kType>;
#endif
  return nullptr;
}

}  // namespace

bool has_attention_kernel() { return select_kernel<KeyType::kFloat16>() != nullptr; }

void attend_tile(const Attention& attention, const Tile& tile, const VisibleBlock* blocks, int n_blocks,
                 const TileMemory& memory) {
  static const Kernel of_halves = select_kernel<KeyType::kFloat16>();
  static const Kernel of_q8_0 = select_kernel<KeyType::kQ8_0>();
  (attention.type == KeyType::kFloat16 ? of_halves : of_q8_0)(attention, tile, blocks, n_blocks, memory);
}

}  // namespace electron_local
