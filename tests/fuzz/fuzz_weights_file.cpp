// The reader of weights files: any bytes give a file or a ModelLoadError.
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "vad/silero_weights.h"
#include "vad/weights_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::string path = "/tmp/fuzz_weights_" + std::to_string(getpid());
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr || std::fwrite(data, 1, size, file) != size) std::abort();
  std::fclose(file);
  try {
    electron_local::load_silero_weights(path);
  } catch (const electron_local::ModelLoadError&) {
  }
  return 0;
}
