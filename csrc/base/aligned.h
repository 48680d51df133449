// Memory that begins at a cache line, so that no vector is loaded from two of them.
#pragma once

#include <cstddef>
#include <memory>
#include <new>

namespace electron_local {

constexpr std::align_val_t kCacheLine{64};

template <typename T>
struct AlignedDelete {
  void operator()(T* values) const { ::operator delete(values, kCacheLine); }
};

template <typename T>
using AlignedValues = std::unique_ptr<T[], AlignedDelete<T>>;

// For numbers: they are not initialised.
template <typename T>
AlignedValues<T> make_aligned(std::size_t n_values) {
  return AlignedValues<T>(static_cast<T*>(::operator new(n_values * sizeof(T), kCacheLine)));
}

}  // namespace electron_local
