// How many cells, and how much host memory, the cache takes when nobody says. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "llm/settings.h"
#include "llm/types.h"

namespace electron_local {

struct MemoryFacts {
  std::optional<std::uint64_t> available_bytes;  // once the model is loaded; nullopt: not known
  std::uint64_t model_bytes = 0;                 // mapped weights: the system may take them for available
  std::uint64_t bytes_per_cell = 1;
};

// Keys and values of one cell, and without flash attention its row in the matrix of scores.
std::uint64_t bytes_per_cell(std::uint64_t kv_bytes, int n_head, const Settings& settings);

// Settles what the options leave open: cells get at most half of the spare memory, host memory a quarter and
// at most 1 GiB. Small cells are given to as many requests as decode together, large ones to one request; a
// context nobody asked for shrinks before memory runs out. Throws ModelLoadError when a context that was
// asked for cannot be had.
Settings fit_cache(Settings settings, const EngineOptions& options, const MemoryFacts& memory);

}  // namespace electron_local
