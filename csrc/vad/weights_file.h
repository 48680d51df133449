// Reader of the tensor file that carries Silero's weights (whisper.cpp's legacy "ggml" layout, little
// endian):
//   magic u32 0x67676d6c, length of the type string, type string, 3 version numbers,
//   a header of its own for each type, then tensors up to the end of the file:
//   rank, name length, element type (0: float32, 1: float16), dimensions innermost first, name, data.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace electron_local {

struct Tensor {
  std::vector<std::size_t> shape;  // outermost dimension first; empty for a scalar
  std::vector<float> values;       // row-major; float16 is widened on reading
};

struct WeightsFile {
  std::string path;
  std::string type;                      // "silero-16k"
  std::array<std::int32_t, 3> version;   // 6, 2, 0
  std::vector<std::int32_t> parameters;  // the type's own header
  std::map<std::string, Tensor> tensors;
};

// Reads the whole file. `n_layers_index` is the place in the header of the number of encoder layers, each of
// which adds three numbers right after it; `n_fixed` counts the numbers of a header without layers. Throws
// ModelLoadError with the file, the offset, the bad value and the limit; never reads past the end.
WeightsFile read_weights_file(const std::string& path, std::size_t n_fixed, std::size_t n_layers_index);

float half_to_float(std::uint16_t half);

// Text from a file as ASCII for a message: any other byte becomes '?'.
std::string printable(std::string text);

}  // namespace electron_local
