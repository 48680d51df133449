// XXH64, a fast hash that finds damage, not forgery. Source: the xxHash specification, 0.1.1.
#pragma once

#include <cstddef>
#include <cstdint>

namespace electron_local {

std::uint64_t xxh64(const void* data, std::size_t n_bytes, std::uint64_t seed = 0);

}  // namespace electron_local
