// The matrix products of the attention kernels: queries with keys, weights with values. For
// attention_kernel.cpp alone.
#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>
#include <utility>

#include "llm/attention/attention_kernel.h"
#include "llm/attention/attention_lanes.h"

namespace electron_local {

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
ELECTRON_LOCAL_INLINE void transpose_keys(const StoredRows<kType>& keys, int width, float* turned) {
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
ELECTRON_LOCAL_INLINE void multiply(const float* a, int n_rows, const Rows& b, int width, float* c,
                                    int depth) {
  constexpr int kN = kLanesOf<kBytes>;
  for (int row = 0; row < n_rows; row += kRegisterRows) {
    with_rows(
        std::min(kRegisterRows, n_rows - row), [&](auto rows) __attribute__((always_inline)) {
          const float* first = a + row * depth;
          float* target = c + row * width;
          int column = 0;
          for (; column + 2 * kN <= width; column += 2 * kN)
            multiply_strip<kBytes, rows.value, 2, kAdd>(first, depth, b, column, target, width, depth);
          if (column < width)
            multiply_strip<kBytes, rows.value, 1, kAdd>(first, depth, b, column, target, width, depth);
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

}  // namespace electron_local
