// An owned file descriptor with whole reads and writes.
#pragma once

#include <cstddef>
#include <string>

namespace electron_local {

// Closes what it owns. Functions that fail leave the reason in errno.
class OpenFile {
 public:
  OpenFile() = default;
  explicit OpenFile(int fd) : fd_(fd) {}
  ~OpenFile();
  OpenFile(OpenFile&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  OpenFile& operator=(OpenFile&&) = delete;

  static OpenFile for_reading(const std::string& path);

  bool is_open() const { return fd_ >= 0; }
  int fd() const { return fd_; }

  // All n_bytes from `offset` on, or false (errno 0: the file is shorter).
  bool read_at(void* data, std::size_t n_bytes, std::size_t offset) const;
  bool write_all(const void* data, std::size_t n_bytes) const;
  // -1: not known.
  long long size() const;

 private:
  int fd_ = -1;
};

}  // namespace electron_local
