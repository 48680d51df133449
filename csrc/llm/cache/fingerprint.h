// What a saved state depends on, in 128 bits.
#pragma once

#include <cstdint>
#include <string>

namespace electron_local {

struct Fingerprint {
  std::uint64_t words[2] = {0, 0};

  bool operator==(const Fingerprint& other) const {
    return words[0] == other.words[0] && words[1] == other.words[1];
  }
};

// Of any text that names everything that matters.
Fingerprint fingerprint_of(const std::string& facts);

// Size and content of a file, as text. A file of up to 64 MiB is read whole, of a larger one the first MiB,
// the last, and 4 KiB of every 256 KiB between: a tensor that differs is seen, one changed bit may be not.
// Throws ModelLoadError when it cannot be read.
std::string file_identity(const std::string& path);

}  // namespace electron_local
