#include "llm/attention/attention_kernel.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "base/cpu.h"
#include "base/lanes.h"

#if defined(__x86_64__)
#define ELECTRON_LOCAL_ATTENTION_AVX2 __attribute__((target("avx2,fma,f16c")))
#define ELECTRON_LOCAL_ATTENTION_AVX512 __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,fma,f16c")))
#endif

namespace electron_local {
namespace {

constexpr int kBlocksAhead = 4;
constexpr int kRegisterRows = 6;  // 6 rows by 2 vectors of sums leave room for their factors in 16 registers
constexpr float kHidden = -std::numeric_limits<float>::infinity();
constexpr std::uint16_t kMinusInfinity = 0xFC00;

template <int kBytes>
using Floats = Lanes<float, kBytes>;
template <int kBytes>
constexpr int kLanesOf = kBytes / static_cast<int>(sizeof(float));

// As many float16 from any address as lanes hold floats.
template <int kBytes>
ELECTRON_LOCAL_INLINE void widen_halves(Floats<kBytes>& lanes, const std::byte* halves) {
#if defined(__x86_64__) && !defined(__clang__)
  struct Half {
    std::byte bytes[kBytes / 2];
  };
  __asm__("vcvtph2ps %1, %0" : "=v"(lanes) : "m"(*reinterpret_cast<const Half*>(halves)));
#elif defined(__clang__) || defined(__aarch64__)
  typedef _Float16 Halves __attribute__((vector_size(kBytes / 2)));
  Halves narrow;
  std::memcpy(&narrow, halves, sizeof narrow);
  lanes = __builtin_convertvector(narrow, Floats<kBytes>);
#else
  (void)lanes, (void)halves;
#endif
}

// In every lane the greatest of all, found over ever shorter distances.
template <int kBytes, int kDistance, std::size_t... kLane>
ELECTRON_LOCAL_INLINE void spread_greatest(Floats<kBytes>& lanes, std::index_sequence<kLane...> all) {
  const Floats<kBytes> others =
      ELECTRON_LOCAL_SHUFFLE(float, kBytes, lanes, lanes, (static_cast<int>(kLane) ^ kDistance)...);
  lanes = others > lanes ? others : lanes;
  if constexpr (kDistance > 1) spread_greatest<kBytes, kDistance / 2>(lanes, all);
}

template <int kBytes>
ELECTRON_LOCAL_INLINE void fill(Floats<kBytes>& lanes, float value) {
  for (int i = 0; i < kLanesOf<kBytes>; ++i) lanes[i] = value;
}

// One lane of float16; the compilers know no such conversion on every target.
template <int kBytes>
ELECTRON_LOCAL_INLINE float widen_half(const std::byte* half) {
  std::byte padded[kBytes / 2] = {};
  std::memcpy(padded, half, 2);
  Floats<kBytes> lanes;
  widen_halves<kBytes>(lanes, padded);
  return lanes[0];
}

// Elements [first, first + lanes) of a head's keys or values in one cell.
template <int kBytes, KeyType kType>
ELECTRON_LOCAL_INLINE void widen(Floats<kBytes>& lanes, const std::byte* head, int first) {
  if constexpr (kType == KeyType::kFloat16) {
    widen_halves<kBytes>(lanes, head + static_cast<std::ptrdiff_t>(first) * 2);
  } else {
    constexpr int kGroup = 32, kGroupBytes = 2 + kGroup;
    const std::byte* group = head + first / kGroup * kGroupBytes;
    typedef std::int8_t Integers __attribute__((vector_size(kBytes / 4)));
    Integers integers;
    std::memcpy(&integers, group + 2 + first % kGroup, sizeof integers);
    const auto wide = __builtin_convertvector(integers, LaneNumbers<float, kBytes>);
    lanes = __builtin_convertvector(wide, Floats<kBytes>) * widen_half<kBytes>(group);
  }
}

template <int kBytes, std::size_t... kLane>
ELECTRON_LOCAL_INLINE void interleave(Floats<kBytes>& a, Floats<kBytes>& b, std::index_sequence<kLane...>) {
  constexpr int kHalf = kLanesOf<kBytes> / 2;
  const Floats<kBytes> low = ELECTRON_LOCAL_SHUFFLE(
      float, kBytes, a, b, (static_cast<int>(kLane / 2 + kLane % 2 * kLanesOf<kBytes>))...);
  b = ELECTRON_LOCAL_SHUFFLE(float, kBytes, a, b,
                             (static_cast<int>(kHalf + kLane / 2 + kLane % 2 * kLanesOf<kBytes>))...);
  a = low;
}

// Rows become columns: each round interleaves row i with row i + half.
template <int kBytes>
ELECTRON_LOCAL_INLINE void transpose(Floats<kBytes> (&rows)[kLanesOf<kBytes>]) {
  constexpr int kN = kLanesOf<kBytes>;
#pragma GCC unroll 4
  for (int round = 1; round < kN; round *= 2) {
    Floats<kBytes> next[kN];
#pragma GCC unroll 8
    for (int i = 0; i < kN / 2; ++i) {
      next[2 * i] = rows[i];
      next[2 * i + 1] = rows[i + kN / 2];
      interleave<kBytes>(next[2 * i], next[2 * i + 1], std::make_index_sequence<kN>());
    }
#pragma GCC unroll 16
    for (int i = 0; i < kN; ++i) rows[i] = next[i];
  }
}

// Rows of floats, the right factor of a product.
struct FloatRows {
  const float* first;
  int stride;

  template <int kBytes>
  ELECTRON_LOCAL_INLINE void load_at(Floats<kBytes>& lanes, int row, int column) const {
    load<kBytes>(lanes, first + row * stride + column);
  }
};

// A block's keys or values of one head, as the cache stores them.
template <KeyType kType>
struct StoredRows {
  const std::byte* head;
  const std::size_t* offsets;  // of each cell

  template <int kBytes>
  ELECTRON_LOCAL_INLINE void load_at(Floats<kBytes>& lanes, int row, int column) const {
    widen<kBytes, kType>(lanes, head + offsets[row], column);
  }
};

// Keys of a block as [width][kBlockCells].
template <int kBytes, KeyType kType>
ELECTRON_LOCAL_INLINE void turn_keys(const StoredRows<kType>& keys, int width, float* turned) {
  constexpr int kN = kLanesOf<kBytes>;
  for (int cell = 0; cell < kBlockCells; cell += kN) {
    for (int element = 0; element < width; element += kN) {
      Floats<kBytes> rows[kN];
#pragma GCC unroll 16
      for (int i = 0; i < kN; ++i) keys.template load_at<kBytes>(rows[i], cell + i, element);
      transpose<kBytes>(rows);
#pragma GCC unroll 16
      for (int i = 0; i < kN; ++i) store<kBytes>(turned + (element + i) * kBlockCells + cell, rows[i]);
    }
  }
}

template <int kBytes, KeyType kType>
ELECTRON_LOCAL_INLINE void widen_values(const StoredRows<kType>& values, int width, float* wide) {
  for (int cell = 0; cell < kBlockCells; ++cell) {
    for (int element = 0; element < width; element += kLanesOf<kBytes>) {
      Floats<kBytes> lanes;
      values.template load_at<kBytes>(lanes, cell, element);
      store<kBytes>(wide + cell * width + element, lanes);
    }
  }
}

// c[kRows][kVectors] = or += a[kRows][depth] * b[depth][kVectors from `column` on].
template <int kBytes, int kRows, int kVectors, bool kAdd, typename Rows>
ELECTRON_LOCAL_INLINE void multiply_strip(const float* a, int a_stride, const Rows& b, int column, float* c,
                                          int c_stride, int depth) {
  constexpr int kN = kLanesOf<kBytes>;
  c += column;
  Floats<kBytes> sums[kRows][kVectors] = {};
  if constexpr (kAdd) {
#pragma GCC unroll 6
    for (int row = 0; row < kRows; ++row) {
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; ++v) load<kBytes>(sums[row][v], c + row * c_stride + v * kN);
    }
  }
  for (int i = 0; i < depth; ++i) {
    Floats<kBytes> factors[kVectors];
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) b.template load_at<kBytes>(factors[v], i, column + v * kN);
#pragma GCC unroll 6
    for (int row = 0; row < kRows; ++row) {
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; ++v) sums[row][v] += a[row * a_stride + i] * factors[v];
    }
  }
#pragma GCC unroll 6
  for (int row = 0; row < kRows; ++row) {
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) store<kBytes>(c + row * c_stride + v * kN, sums[row][v]);
  }
}

// Calls `work` with the number of rows, at most kRegisterRows, as a constant.
template <typename Work>
ELECTRON_LOCAL_INLINE void with_rows(int n_rows, const Work& work) {
  switch (n_rows) {
    case 1:
      return work(std::integral_constant<int, 1>());
    case 2:
      return work(std::integral_constant<int, 2>());
    case 3:
      return work(std::integral_constant<int, 3>());
    case 4:
      return work(std::integral_constant<int, 4>());
    case 5:
      return work(std::integral_constant<int, 5>());
    default:
      return work(std::integral_constant<int, 6>());
  }
}

template <int kBytes, bool kAdd, typename Rows>
ELECTRON_LOCAL_INLINE void multiply(const float* a, int n_rows, const Rows& b, int width, float* c, int depth) {
  constexpr int kN = kLanesOf<kBytes>;
  for (int row = 0; row < n_rows; row += kRegisterRows) {
    with_rows(std::min(kRegisterRows, n_rows - row), [&](auto rows) __attribute__((always_inline)) {
      const float* first = a + row * depth;
      float* target = c + row * width;
      int column = 0;
      for (; column + 2 * kN <= width; column += 2 * kN)
        multiply_strip<kBytes, rows.value, 2, kAdd>(first, depth, b, column, target, width, depth);
      if (column < width) multiply_strip<kBytes, rows.value, 1, kAdd>(first, depth, b, column, target, width, depth);
    });
  }
}

// [sums of a's neighbouring lanes, sums of b's].
template <int kBytes, std::size_t... kLane>
ELECTRON_LOCAL_INLINE void add_neighbours(Floats<kBytes>& a, const Floats<kBytes>& b,
                                          std::index_sequence<kLane...>) {
  a = ELECTRON_LOCAL_SHUFFLE(float, kBytes, a, b, (static_cast<int>(2 * kLane))...) +
      ELECTRON_LOCAL_SHUFFLE(float, kBytes, a, b, (static_cast<int>(2 * kLane + 1))...);
}

// The products of kRows queries with kCells keys as they are stored: in the end a lane is a cell.
template <int kBytes, int kRows, int kCells, KeyType kType>
ELECTRON_LOCAL_INLINE void dot(const float* queries, const StoredRows<kType>& keys, int cell, int width,
                               Floats<kBytes> (&sums)[kRows]) {
  constexpr int kN = kLanesOf<kBytes>;
  if constexpr (kCells == 1) {
#pragma GCC unroll 6
    for (int row = 0; row < kRows; ++row) sums[row] = Floats<kBytes>{};
    for (int i = 0; i < width; i += kN) {
      Floats<kBytes> key;
      keys.template load_at<kBytes>(key, cell, i);
#pragma GCC unroll 6
      for (int row = 0; row < kRows; ++row) {
        Floats<kBytes> query;
        load<kBytes>(query, queries + row * width + i);
        sums[row] += query * key;
      }
    }
  } else {
    Floats<kBytes> others[kRows];
    dot<kBytes, kRows, kCells / 2>(queries, keys, cell, width, sums);
    dot<kBytes, kRows, kCells / 2>(queries, keys, cell + kCells / 2, width, others);
#pragma GCC unroll 6
    for (int row = 0; row < kRows; ++row)
      add_neighbours<kBytes>(sums[row], others[row], std::make_index_sequence<kN>());
  }
}

template <int kBytes, int kRows, KeyType kType>
ELECTRON_LOCAL_INLINE void score_few(const float* queries, const StoredRows<kType>& keys, int width,
                                     float* scores) {
  constexpr int kN = kLanesOf<kBytes>;
  for (int cell = 0; cell < kBlockCells; cell += kN) {
    Floats<kBytes> sums[kRows];
    dot<kBytes, kRows, kN>(queries, keys, cell, width, sums);
#pragma GCC unroll 6
    for (int row = 0; row < kRows; ++row) store<kBytes>(scores + row * kBlockCells + cell, sums[row]);
  }
}

// exp of values up to 0, zero below -87: 2^k times a polynomial of the rest (Cephes' expf, Moshier).
template <int kBytes>
ELECTRON_LOCAL_INLINE void exponentiate(Floats<kBytes>& x) {
  constexpr float kRounder = 12582912.0f;  // 1.5 * 2^23: adding it leaves an integer in the low bits
  constexpr float kLowest = -87.0f;
  const LaneNumbers<float, kBytes> is_seen = ~(x < kLowest);  // NaN is: it must not vanish
  const Floats<kBytes> shifted = x * 1.44269504088896341f + kRounder;
  const Floats<kBytes> k = shifted - kRounder;
  const Floats<kBytes> r = (x - k * 0.693359375f) + k * 2.12194440e-4f;
  Floats<kBytes> y = 1.9875691500e-4f * r + 1.3981999507e-3f;
  y = y * r + 8.3334519073e-3f;
  y = y * r + 4.1665795894e-2f;
  y = y * r + 1.6666665459e-1f;
  y = y * r + 5.0000001201e-1f;
  y = y * (r * r) + r + 1.0f;
  LaneNumbers<float, kBytes> bits;
  std::memcpy(&bits, &shifted, sizeof bits);
  bits = (bits << 23) + (127 << 23);
  Floats<kBytes> power;
  std::memcpy(&power, &bits, sizeof power);
  const Floats<kBytes> product = y * power;
  std::memcpy(&bits, &product, sizeof bits);
  bits &= is_seen;
  std::memcpy(&x, &bits, sizeof x);
}

// Scores become exp(score - greatest); what was summed up under a smaller greatest score is scaled down.
template <int kBytes>
ELECTRON_LOCAL_INLINE void weigh_scores(float* scores, const std::uint16_t* mask, float* greatest, float* weights,
                                        float* sums, int value_width) {
  constexpr int kN = kLanesOf<kBytes>;
  constexpr int kVectors = kBlockCells / kN;
  Floats<kBytes> lanes[kVectors];
  Floats<kBytes> most;
  fill<kBytes>(most, kHidden);
  for (int v = 0; v < kVectors; ++v) {
    load<kBytes>(lanes[v], scores + v * kN);
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
    for (int i = 0; i < value_width; i += kN) {
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
ELECTRON_LOCAL_INLINE const std::uint16_t* mask_of(const Attention& attention, int token, const VisibleBlock& block,
                                                   std::uint16_t* own) {
  const std::uint16_t* mask = attention.mask;
  if (mask != nullptr) mask += static_cast<std::size_t>(token) * attention.mask_token_stride;
  if (mask != nullptr && block.are_neighbours && block.n_cells == kBlockCells) return mask + block.cells[0];
  for (int i = 0; i < kBlockCells; ++i)
    own[i] = i >= block.n_cells ? kMinusInfinity : mask == nullptr ? std::uint16_t{0} : mask[block.cells[i]];
  return own;
}

// Into the second cache, in the order in which it lies in memory: the processor's own guesses come too late.
ELECTRON_LOCAL_INLINE void fetch_ahead(const Attention& attention, const Tile& tile, const VisibleBlock& block) {
  constexpr std::size_t kLine = 64;
  const auto first_head = static_cast<std::size_t>(tile.first_key_head);
  const auto n_heads = static_cast<std::size_t>(tile.n_key_heads);
  for (int i = 0; i < block.n_cells; ++i) {
    const auto cell = static_cast<std::size_t>(block.cells[i]);
    const std::byte* keys = attention.keys + cell * attention.key_cell_stride + first_head * attention.key_head_stride;
    const std::byte* values =
        attention.values + cell * attention.value_cell_stride + first_head * attention.value_head_stride;
    for (std::size_t byte = 0; byte < n_heads * attention.key_head_stride; byte += kLine)
      __builtin_prefetch(keys + byte, 0, 2);
    for (std::size_t byte = 0; byte < n_heads * attention.value_head_stride; byte += kLine)
      __builtin_prefetch(values + byte, 0, 2);
  }
}

// One key head of one block.
template <int kBytes, KeyType kType>
ELECTRON_LOCAL_INLINE void attend_block(const Attention& attention, const Tile& tile, const VisibleBlock& block,
                                        int head_in_tile, const StoredRows<kType>& keys,
                                        const StoredRows<kType>& values, const TileMemory& memory) {
  const int n_shared = attention.n_heads / attention.n_key_heads;
  const int n_rows = (block.end_token - block.first_token) * n_shared;
  const int first_row = head_in_tile * kTileRows + block.first_token * n_shared;
  const float* queries = memory.queries + first_row * attention.key_width;
  float* sums = memory.sums + first_row * attention.value_width;
  const bool are_few = n_rows <= kRegisterRows;  // nothing would be read twice
  if (are_few) {
    with_rows(n_rows, [&](auto rows) __attribute__((always_inline)) {
      score_few<kBytes, rows.value>(queries, keys, attention.key_width, memory.scores);
    });
  } else {
    turn_keys<kBytes>(keys, attention.key_width, memory.keys);
    multiply<kBytes, false>(queries, n_rows, FloatRows{memory.keys, kBlockCells}, kBlockCells, memory.scores,
                            attention.key_width);
  }
  for (int token = block.first_token, row = 0; token < block.end_token; ++token) {
    std::uint16_t own[kBlockCells];
    const std::uint16_t* mask = mask_of(attention, tile.first_token + token, block, own);
    for (int i = 0; i < n_shared; ++i, ++row) {
      weigh_scores<kBytes>(memory.scores + row * kBlockCells, mask, memory.greatest + first_row + row,
                           memory.weights + (first_row + row) * kWeightLanes, sums + row * attention.value_width,
                           attention.value_width);
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
    if (i + kBlocksAhead < n_blocks) fetch_ahead(attention, tile, blocks[i + kBlocksAhead]);
    std::size_t key_offsets[kBlockCells], value_offsets[kBlockCells];
    for (int cell = 0; cell < kBlockCells; ++cell) {
      key_offsets[cell] = static_cast<std::size_t>(blocks[i].cells[cell]) * attention.key_cell_stride;
      value_offsets[cell] = static_cast<std::size_t>(blocks[i].cells[cell]) * attention.value_cell_stride;
    }
    for (int head = 0; head < tile.n_key_heads; ++head) {
      const auto key_head = static_cast<std::size_t>(tile.first_key_head + head);
      const StoredRows<kType> keys{attention.keys + key_head * attention.key_head_stride, key_offsets};
      const StoredRows<kType> values{attention.values + key_head * attention.value_head_stride, value_offsets};
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
