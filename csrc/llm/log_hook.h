// libllama's log, kept for whoever asks. libllama has one log callback a process: this is it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace electron_local {

struct LogLine {
  int level = 0;  // ggml_log_level: 2 info, 3 warning, 4 error
  std::string text;
};

// Installs the hook once; later calls do nothing. Any thread.
void install_log_hook();

// Takes the lines since the last call, at most the newest 1000. Any thread.
std::vector<LogLine> drain_log();

// Turns the lines logged since `mark = log_mark()` into debug lines: libllama calls a cancelled step an
// error.
std::uint64_t log_mark();
void demote_log_since(std::uint64_t mark);

// The newest error since `clear_last_error`, for messages about a failed load. Any thread.
std::string last_error();
void clear_last_error();

}  // namespace electron_local
