// Bytes in memory of their own, outside the heap.
#pragma once

#include <cstddef>
#include <cstdint>

namespace electron_local {

// Owns whole pages, zeroed at first, that go back to the system as soon as they are given up: what is large
// and comes and goes leaves no holes in the heap.
class MappedBytes {
 public:
  MappedBytes() = default;
  // Throws std::bad_alloc.
  explicit MappedBytes(std::size_t n_bytes);
  MappedBytes(const void* source, std::size_t n_bytes);
  ~MappedBytes();
  MappedBytes(MappedBytes&& other) noexcept { swap(other); }
  MappedBytes& operator=(MappedBytes&& other) noexcept;

  std::uint8_t* data() { return data_; }
  const std::uint8_t* data() const { return data_; }
  std::size_t size() const { return n_bytes_; }
  bool empty() const { return n_bytes_ == 0; }

  // Keeps the first n_bytes, of no more than there are.
  void shrink(std::size_t n_bytes);

 private:
  void swap(MappedBytes& other) noexcept;

  std::uint8_t* data_ = nullptr;  // nullptr: empty
  std::size_t n_bytes_ = 0;
};

bool operator==(const MappedBytes& a, const MappedBytes& b);

}  // namespace electron_local
