// Snapshots of a memory without a model: a folder for them, what is written there, and the lines of the log.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "cache_rig.h"
#include "llm/cache/snapshot_file.h"

namespace electron_local_test {

using electron_local::Fingerprint;
using electron_local::LogLevel;
using electron_local::LogSink;

namespace fs = std::filesystem;

inline const Fingerprint kModel = electron_local::fingerprint_of("a model");

// A directory of its own that goes with it.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "snapshots.XXXXXX").string();
    path = mkdtemp(name.data());
  }
  ~Folder() { fs::remove_all(path); }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(path)) names.push_back(entry.path().string());
    return names;
  }
  std::string path;
};

struct Lines {
  std::vector<std::string> texts;
  LogSink sink() {
    return [this](LogLevel level, const std::string& text) {
      if (level == LogLevel::kWarning) texts.push_back(text);
    };
  }
};

// What FakeKvCells saves.
inline SavedState state_of(const Tokens& tokens) { return {tokens.data(), tokens.size() * sizeof(Token)}; }

}  // namespace electron_local_test
