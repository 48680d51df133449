#include "base/open_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace electron_local {

OpenFile::~OpenFile() {
  if (fd_ >= 0) close(fd_);
}

OpenFile OpenFile::for_reading(const std::string& path) {
  return OpenFile(open(path.c_str(), O_RDONLY | O_CLOEXEC));
}

bool OpenFile::read_at(void* data, std::size_t n_bytes, std::size_t offset) const {
  auto* p = static_cast<char*>(data);
  while (n_bytes > 0) {
    const ssize_t n = pread(fd_, p, n_bytes, static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n == 0) errno = 0;
    if (n <= 0) return false;
    p += n;
    offset += static_cast<std::size_t>(n);
    n_bytes -= static_cast<std::size_t>(n);
  }
  return true;
}

bool OpenFile::write_all(const void* data, std::size_t n_bytes) const {
  const auto* p = static_cast<const char*>(data);
  while (n_bytes > 0) {
    const ssize_t n = write(fd_, p, n_bytes);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    p += n;
    n_bytes -= static_cast<std::size_t>(n);
  }
  return true;
}

long long OpenFile::size() const {
  struct stat status {};
  return fstat(fd_, &status) == 0 ? static_cast<long long>(status.st_size) : -1;
}

}  // namespace electron_local
