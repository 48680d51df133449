#include "llm/attention/attention.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>

#include "base/aligned.h"
#include "llm/attention/attention_kernel.h"
#include "llm/attention/visible_blocks.h"

namespace electron_local {
namespace {

constexpr auto kLine = static_cast<std::size_t>(kCacheLine);
constexpr int kManyParts = 8;  // of a thread: so many even out that one of them has less to do

// How a step is divided. Few tokens: all key heads in one tile, so that a cell's memory is read as it lies.
// Many: tiles of one key head each. Where tiles are few, each one's cells go in chunks to several threads,
// whose results are put together at the end.
struct Division {
  int n_shared = 0;  // query heads of a key head
  int tile_tokens = 0, n_token_tiles = 0;
  int tile_key_heads = 0, n_key_head_tiles = 0;
  int n_chunks = 0;  // of a tile
  int n_parts = 0;   // chunks of all tiles

  Division(const Attention& attention, int n_threads) {
    n_shared = attention.n_heads / attention.n_key_heads;
    tile_tokens = kTileRows / n_shared;
    n_token_tiles = (attention.n_tokens + tile_tokens - 1) / tile_tokens;
    tile_key_heads = n_token_tiles == 1 ? attention.n_key_heads : 1;
    n_key_head_tiles = attention.n_key_heads / tile_key_heads;
    const int n_tiles = n_key_head_tiles * n_token_tiles;
    n_chunks = std::min(n_threads, (kManyParts * n_threads + n_tiles - 1) / n_tiles);
    n_parts = n_tiles * n_chunks;
  }

  // Neighbours have the same tokens.
  Tile tile(const Attention& attention, int part) const {
    const int i = part / n_chunks;
    Tile tile;
    tile.first_token = i / n_key_head_tiles * tile_tokens;
    tile.n_tokens = std::min(tile_tokens, attention.n_tokens - tile.first_token);
    tile.first_key_head = i % n_key_head_tiles * tile_key_heads;
    tile.n_key_heads = tile_key_heads;
    return tile;
  }
};

std::size_t lines(std::size_t n_bytes) { return (n_bytes + kLine - 1) / kLine * kLine; }

std::size_t floats(int rows, int columns) {
  return lines(static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns) * sizeof(float));
}

struct ThreadMemory {
  TileMemory tile;
  VisibleBlock* blocks = nullptr;
  std::size_t n_bytes = 0;

  // At `memory`, a cache line; nullptr to learn n_bytes.
  ThreadMemory(const Attention& attention, const Division& division, std::byte* memory) {
    const auto take = [&](int rows, int columns) {
      auto* begin = memory == nullptr ? nullptr : reinterpret_cast<float*>(memory + n_bytes);
      n_bytes += floats(rows, columns);
      return begin;
    };
    const int n_rows = division.tile_key_heads * kTileRows;
    tile.queries = take(n_rows, attention.key_width);
    tile.sums = take(n_rows, attention.value_width);
    tile.greatest = take(n_rows, 1);
    tile.weights = take(n_rows, kWeightLanes);
    tile.scores = take(kTileRows, kBlockCells);
    tile.keys = take(attention.key_width, kBlockCells);
    tile.values = take(kBlockCells, attention.value_width);
    if (memory != nullptr) blocks = reinterpret_cast<VisibleBlock*>(memory + n_bytes);
    n_bytes += lines(static_cast<std::size_t>(most_visible_blocks(attention.n_cells, division.tile_tokens)) *
                     sizeof(VisibleBlock));
  }
};

// A chunk's result for every query: its greatest score, its weight, its sums.
class Partials {
 public:
  Partials(const Attention& attention, std::byte* memory)
      : width_(static_cast<std::size_t>(attention.value_width) + 2),
        n_heads_(static_cast<std::size_t>(attention.n_heads)),
        n_tokens_(static_cast<std::size_t>(attention.n_tokens)),
        values_(reinterpret_cast<float*>(memory)) {}

  static std::size_t bytes(const Attention& attention, int n_chunks) {
    return floats(n_chunks * attention.n_heads * attention.n_tokens, attention.value_width + 2);
  }
  float* at(int chunk, int token, int head) const {
    const std::size_t row =
        (static_cast<std::size_t>(chunk) * n_tokens_ + static_cast<std::size_t>(token)) * n_heads_;
    return values_ + (row + static_cast<std::size_t>(head)) * width_;
  }

 private:
  std::size_t width_, n_heads_, n_tokens_;
  float* values_;
};

// Calls `work(row, token, head)` for every query of a tile.
template <typename Work>
void for_queries(const Attention& attention, const Tile& tile, const Work& work) {
  const int n_shared = attention.n_heads / attention.n_key_heads;
  for (int key_head = 0; key_head < tile.n_key_heads; ++key_head) {
    for (int i = 0; i < tile.n_tokens * n_shared; ++i) {
      work(key_head * kTileRows + i, tile.first_token + i / n_shared,
           (tile.first_key_head + key_head) * n_shared + i % n_shared);
    }
  }
}

void begin_tile(const Attention& attention, const Tile& tile, const TileMemory& memory) {
  for_queries(attention, tile, [&](int row, int token, int head) {
    const float* query = attention.queries + static_cast<std::size_t>(token) * attention.query_token_stride +
                         static_cast<std::size_t>(head) * attention.query_head_stride;
    float* own = memory.queries + row * attention.key_width;
    for (int i = 0; i < attention.key_width; ++i) own[i] = query[i] * attention.scale;
    memory.greatest[row] = kHidden;
    std::fill_n(memory.weights + row * kWeightLanes, kWeightLanes, 0.0f);
    std::fill_n(memory.sums + row * attention.value_width, attention.value_width, 0.0f);
  });
}

float* output_of(const Attention& attention, int token, int head) {
  return attention.output + static_cast<std::size_t>(token) * attention.output_token_stride +
         static_cast<std::size_t>(head) * attention.output_head_stride;
}

void divide(const float* sums, float weight, int width, float* output) {
  const float factor = weight == 0.0f ? 0.0f : 1.0f / weight;
  for (int i = 0; i < width; ++i) output[i] = sums[i] * factor;
}

void end_tile(const Attention& attention, const Tile& tile, const TileMemory& memory, int chunk,
              const Partials* partials) {
  for_queries(attention, tile, [&](int row, int token, int head) {
    const float* sums = memory.sums + row * attention.value_width;
    const float* lanes = memory.weights + row * kWeightLanes;
    const float weight = std::accumulate(lanes, lanes + kWeightLanes, 0.0f);
    if (partials == nullptr) {
      divide(sums, weight, attention.value_width, output_of(attention, token, head));
      return;
    }
    float* partial = partials->at(chunk, token, head);
    partial[0] = memory.greatest[row];
    partial[1] = weight;
    std::copy_n(sums, attention.value_width, partial + 2);
  });
}

// Of one query: all chunks under the greatest score of any.
void put_together(const Attention& attention, const Partials& partials, int n_chunks, int token, int head) {
  float best = kHidden;
  for (int chunk = 0; chunk < n_chunks; ++chunk) best = std::max(best, partials.at(chunk, token, head)[0]);
  float* output = output_of(attention, token, head);
  std::fill_n(output, attention.value_width, 0.0f);
  float weight = 0.0f;
  for (int chunk = 0; chunk < n_chunks; ++chunk) {
    const float* partial = partials.at(chunk, token, head);
    if (partial[0] == kHidden && partial[1] == 0.0f) continue;
    const float share = std::exp(partial[0] - best);
    weight += share * partial[1];
    for (int i = 0; i < attention.value_width; ++i) output[i] += share * partial[2 + i];
  }
  divide(output, weight, attention.value_width, output);
}

}  // namespace

std::size_t attention_work_bytes(const Attention& attention, int n_threads) {
  const Division division(attention, n_threads);
  return kLine + static_cast<std::size_t>(n_threads) * ThreadMemory(attention, division, nullptr).n_bytes +
         (division.n_chunks == 1 ? 0 : Partials::bytes(attention, division.n_chunks));
}

void attend(const Attention& attention, int thread, int n_threads, std::byte* work, void (*wait)(void*),
            void* all) {
  const Division division(attention, n_threads);
  work += (kLine - reinterpret_cast<std::uintptr_t>(work) % kLine) % kLine;
  const std::size_t thread_bytes = ThreadMemory(attention, division, nullptr).n_bytes;
  const ThreadMemory memory(attention, division, work + static_cast<std::size_t>(thread) * thread_bytes);
  const Partials partials(attention, work + static_cast<std::size_t>(n_threads) * thread_bytes);
  const bool is_chunked = division.n_chunks > 1;
  int n_visible = 0;
  int looked_at = -1;
  for (int part = thread; part < division.n_parts; part += n_threads) {
    const Tile tile = division.tile(attention, part);
    if (tile.first_token != looked_at) n_visible = find_visible_blocks(attention, tile, memory.blocks);
    looked_at = tile.first_token;
    const int chunk = part % division.n_chunks;
    const int first = first_of_share(attention, memory.blocks, n_visible, chunk, division.n_chunks);
    const int end = first_of_share(attention, memory.blocks, n_visible, chunk + 1, division.n_chunks);
    begin_tile(attention, tile, memory.tile);
    attend_tile(attention, tile, memory.blocks + first, end - first, memory.tile);
    end_tile(attention, tile, memory.tile, chunk, is_chunked ? &partials : nullptr);
  }
  if (!is_chunked) return;
  wait(all);
  const int n_queries = attention.n_tokens * attention.n_heads;
  for (int i = n_queries * thread / n_threads; i < n_queries * (thread + 1) / n_threads; ++i)
    put_together(attention, partials, division.n_chunks, i / attention.n_heads, i % attention.n_heads);
}

}  // namespace electron_local
