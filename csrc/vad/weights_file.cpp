#include "vad/weights_file.h"

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/error.h"

namespace electron_local {
namespace {

constexpr std::uint32_t kMagic = 0x67676d6c;
constexpr std::uintmax_t kMaxFileBytes = 64u << 20;
constexpr std::int32_t kMaxNameBytes = 128;
constexpr std::int32_t kMaxRank = 4;
constexpr std::int32_t kMaxDimension = 1 << 16;
constexpr std::int32_t kMaxLayers = 64;

[[noreturn]] void fail(const std::string& path, const std::string& what) {
  throw ModelLoadError("cannot load the VAD weights '" + path + "': " + what);
}

std::string read_bytes(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) fail(path, "no such file");
  if (!std::filesystem::is_regular_file(path, error)) fail(path, "not a regular file");
  const std::uintmax_t n_bytes = std::filesystem::file_size(path, error);
  if (error) fail(path, error.message());
  if (n_bytes > kMaxFileBytes) {
    fail(path, std::to_string(n_bytes) + " bytes; the limit is " + std::to_string(kMaxFileBytes));
  }
  std::string bytes(static_cast<std::size_t>(n_bytes), '\0');
  std::ifstream stream(path, std::ios::binary);
  if (!stream.read(bytes.data(), static_cast<std::streamsize>(bytes.size()))) fail(path, "cannot be read");
  return bytes;
}

// Walks over the bytes [0, size) and refuses to leave them.
class Cursor {
 public:
  Cursor(const std::string& path, const std::string& bytes) : path_(path), bytes_(bytes) {}

  bool at_end() const { return offset_ == bytes_.size(); }

  const char* take(std::size_t n_bytes, const std::string& what) {
    if (n_bytes > bytes_.size() - offset_) {
      fail(path_, "truncated: " + what + " at offset " + std::to_string(offset_) + " needs " +
                      std::to_string(n_bytes) + " bytes, the file has " +
                      std::to_string(bytes_.size() - offset_) + " left");
    }
    const char* start = bytes_.data() + offset_;
    offset_ += n_bytes;
    return start;
  }

  std::int32_t take_int(const std::string& what) {
    std::int32_t value;
    std::memcpy(&value, take(sizeof(value), what), sizeof(value));
    return value;
  }

  // A number in [low, high].
  std::int32_t take_int(const std::string& what, std::int32_t low, std::int32_t high) {
    const std::int32_t value = take_int(what);
    if (value < low || value > high) {
      fail(path_, what + " at offset " + std::to_string(offset_ - sizeof(value)) + " is " +
                      std::to_string(value) + ", outside [" + std::to_string(low) + ", " +
                      std::to_string(high) + "]");
    }
    return value;
  }

  std::string take_string(std::int32_t n_bytes, const std::string& what) {
    return std::string(take(static_cast<std::size_t>(n_bytes), what), static_cast<std::size_t>(n_bytes));
  }

 private:
  const std::string& path_;
  const std::string& bytes_;
  std::size_t offset_ = 0;
};

std::vector<float> take_values(Cursor& cursor, std::size_t n_values, bool is_half, const std::string& what) {
  std::vector<float> values;
  if (is_half) {
    const char* data = cursor.take(2 * n_values, what);
    values.resize(n_values);
    for (std::size_t i = 0; i < n_values; ++i) {
      std::uint16_t half;
      std::memcpy(&half, data + 2 * i, sizeof(half));
      values[i] = half_to_float(half);
    }
  } else {
    const char* data = cursor.take(4 * n_values, what);
    values.resize(n_values);
    std::memcpy(values.data(), data, 4 * n_values);
  }
  return values;
}

void take_tensor(Cursor& cursor, WeightsFile& file) {
  const std::string ordinal = "tensor " + std::to_string(file.tensors.size());
  const std::int32_t rank = cursor.take_int(ordinal + "'s rank", 0, kMaxRank);
  const std::int32_t n_name_bytes = cursor.take_int(ordinal + "'s name length", 1, kMaxNameBytes);
  const bool is_half = cursor.take_int(ordinal + "'s element type", 0, 1) == 1;
  Tensor tensor;
  std::size_t n_values = 1;
  for (std::int32_t i = 0; i < rank; ++i) {
    const auto dimension =
        static_cast<std::size_t>(cursor.take_int(ordinal + "'s dimension", 1, kMaxDimension));
    tensor.shape.insert(tensor.shape.begin(), dimension);
    n_values *= dimension;
    if (n_values > kMaxFileBytes) {
      fail(file.path, ordinal + " has " + std::to_string(n_values) + " values or more; the limit is " +
                          std::to_string(kMaxFileBytes));
    }
  }
  const std::string name = cursor.take_string(n_name_bytes, ordinal + "'s name");
  tensor.values = take_values(cursor, n_values, is_half, "tensor '" + printable(name) + "'");
  for (const float value : tensor.values) {
    if (!std::isfinite(value))
      fail(file.path, "tensor '" + printable(name) + "' holds a value that is not finite");
  }
  if (!file.tensors.emplace(name, std::move(tensor)).second) {
    fail(file.path, "tensor '" + printable(name) + "' is there twice");
  }
}

}  // namespace

float half_to_float(std::uint16_t half) {
  const int exponent = (half >> 10) & 0x1f;
  const int mantissa = half & 0x3ff;
  float magnitude;
  if (exponent == 0x1f) {
    magnitude = mantissa == 0 ? INFINITY : NAN;
  } else if (exponent == 0) {
    magnitude = std::ldexp(static_cast<float>(mantissa), -24);
  } else {
    magnitude = std::ldexp(static_cast<float>(mantissa | 0x400), exponent - 25);
  }
  return (half & 0x8000) != 0 ? -magnitude : magnitude;
}

std::string printable(std::string text) {
  for (char& c : text) {
    if (c < ' ' || c > '~') c = '?';
  }
  return text;
}

WeightsFile read_weights_file(const std::string& path, std::size_t n_fixed, std::size_t n_layers_index) {
  const std::string bytes = read_bytes(path);
  Cursor cursor(path, bytes);
  WeightsFile file;
  file.path = path;
  if (static_cast<std::uint32_t>(cursor.take_int("the magic number")) != kMagic) {
    fail(path, "its first four bytes are not the magic number 'lmgg'");
  }
  const std::int32_t n_type_bytes = cursor.take_int("the length of the type", 1, kMaxNameBytes);
  file.type = cursor.take_string(n_type_bytes, "the type");
  for (std::int32_t& number : file.version) number = cursor.take_int("the version");
  for (std::size_t i = 0; i < n_fixed; ++i) {
    if (i != n_layers_index) {
      file.parameters.push_back(cursor.take_int("header number " + std::to_string(i)));
      continue;
    }
    const std::int32_t n_layers = cursor.take_int("the number of layers", 0, kMaxLayers);
    file.parameters.push_back(n_layers);
    for (std::int32_t j = 0; j < 3 * n_layers; ++j) {
      file.parameters.push_back(cursor.take_int("layer " + std::to_string(j / 3)));
    }
  }
  while (!cursor.at_end()) take_tensor(cursor, file);
  return file;
}

}  // namespace electron_local
