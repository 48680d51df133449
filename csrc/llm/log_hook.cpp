#include "llm/log_hook.h"

#include <deque>
#include <iterator>
#include <mutex>
#include <utility>

#include "llm/llama_api.h"

namespace electron_local {
namespace {

constexpr std::size_t kMaxLines = 1000;

struct Log {
  std::mutex mutex;
  std::deque<LogLine> lines;
  std::uint64_t n_lines = 0;  // ever
  std::string first_error;
};

Log& log() {
  static Log* instance = new Log;  // outlives every thread that may still log at exit
  return *instance;
}

void add(Log& l, LogLine line) {
  l.lines.push_back(std::move(line));
  ++l.n_lines;
  if (l.lines.size() > kMaxLines) l.lines.pop_front();
}

// Called by C: a line for which there is no memory is lost.
void on_log(ggml_log_level level, const char* text, void*) noexcept try {
  Log& l = log();
  std::lock_guard<std::mutex> lock(l.mutex);
  std::string line(text);
  while (!line.empty() && line.back() == '\n') line.pop_back();
  if (line.empty() || line == ".") return;
  if (level == GGML_LOG_LEVEL_CONT && !l.lines.empty()) {
    l.lines.back().text += line;
    return;
  }
  if (level == GGML_LOG_LEVEL_ERROR && l.first_error.empty()) l.first_error = line;
  add(l, {static_cast<int>(level), std::move(line)});
} catch (...) {
}

}  // namespace

void install_log_hook() {
  static std::once_flag once;
  std::call_once(once, [] { llama_log_set(on_log, nullptr); });
}

void log_own(LogLevel level, std::string text) {
  Log& l = log();
  std::lock_guard<std::mutex> lock(l.mutex);
  add(l, {static_cast<int>(level), std::move(text)});
}

std::vector<LogLine> drain_log() {
  Log& l = log();
  std::lock_guard<std::mutex> lock(l.mutex);
  std::vector<LogLine> out(std::make_move_iterator(l.lines.begin()), std::make_move_iterator(l.lines.end()));
  l.lines.clear();
  return out;
}

std::uint64_t log_mark() {
  Log& l = log();
  std::lock_guard<std::mutex> lock(l.mutex);
  return l.n_lines;
}

void demote_log_since(std::uint64_t mark) {
  Log& l = log();
  std::lock_guard<std::mutex> lock(l.mutex);
  std::uint64_t n_left = l.n_lines - mark;
  for (auto line = l.lines.rbegin(); line != l.lines.rend() && n_left > 0; ++line, --n_left) {
    line->level = GGML_LOG_LEVEL_DEBUG;
  }
}

std::string first_error() {
  Log& l = log();
  std::lock_guard<std::mutex> lock(l.mutex);
  return l.first_error;
}

void clear_first_error() {
  Log& l = log();
  std::lock_guard<std::mutex> lock(l.mutex);
  l.first_error.clear();
}

}  // namespace electron_local
