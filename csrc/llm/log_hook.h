// libllama's log and the engine's own, kept for whoever asks. libllama has one log callback a process: this
// is it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/log.h"

namespace electron_local {

struct LogLine {
  int level = 0;  // ggml_log_level: 2 info, 3 warning, 4 error; from 20 on a LogLevel of the engine's own
  std::string text;
};

// Installs the hook once; later calls do nothing. Any thread.
void install_log_hook();

// Adds a line of the engine's own. Any thread.
void log_own(LogLevel level, std::string text);

// Takes the lines since the last call, at most the newest 1000. Any thread.
std::vector<LogLine> drain_log();

// Turns the lines logged since `mark = log_mark()` into debug lines: libllama calls a cancelled step an
// error.
std::uint64_t log_mark();
void demote_log_since(std::uint64_t mark);

// The first error since `clear_first_error`, which says why; those behind it say that. Any thread.
std::string first_error();
void clear_first_error();

}  // namespace electron_local
