// Where the core's own messages go: nothing here prints.
#pragma once

#include <functional>
#include <string>

namespace electron_local {

enum class LogLevel { kInfo = 20, kWarning = 30 };  // the numbers of Python's logging

// Any thread.
using LogSink = std::function<void(LogLevel, std::string)>;

}  // namespace electron_local
