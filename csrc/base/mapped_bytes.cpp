#include "base/mapped_bytes.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <new>
#include <utility>

namespace electron_local {
namespace {

std::size_t in_pages(std::size_t n_bytes) {
  static const auto n_page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return (n_bytes + n_page - 1) / n_page * n_page;
}

}  // namespace

MappedBytes::MappedBytes(std::size_t n_bytes) {
  if (n_bytes == 0) return;
  const std::size_t n_mapped = in_pages(n_bytes);
  if (n_mapped < n_bytes) throw std::bad_alloc();
  void* pages = mmap(nullptr, n_mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) throw std::bad_alloc();
  data_ = static_cast<std::uint8_t*>(pages);
  n_bytes_ = n_bytes;
}

MappedBytes::MappedBytes(const void* source, std::size_t n_bytes) : MappedBytes(n_bytes) {
  if (n_bytes > 0) std::memcpy(data_, source, n_bytes);
}

MappedBytes::~MappedBytes() {
  if (data_ != nullptr) munmap(data_, in_pages(n_bytes_));
}

MappedBytes& MappedBytes::operator=(MappedBytes&& other) noexcept {
  MappedBytes taken(std::move(other));
  swap(taken);
  return *this;
}

void MappedBytes::shrink(std::size_t n_bytes) {
  const std::size_t n_kept = in_pages(n_bytes);
  const std::size_t n_before = in_pages(n_bytes_);
  if (n_kept < n_before) munmap(data_ + n_kept, n_before - n_kept);
  n_bytes_ = n_bytes;
  if (n_bytes_ == 0) data_ = nullptr;
}

void MappedBytes::swap(MappedBytes& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(n_bytes_, other.n_bytes_);
}

bool operator==(const MappedBytes& a, const MappedBytes& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

}  // namespace electron_local
