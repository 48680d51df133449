#include "llm/stop_matcher.h"

#include <algorithm>
#include <utility>

namespace electron_local {
namespace {

// Length of the longest suffix of `text` that is a proper prefix of `stop`.
std::size_t partial_match_length(const std::string& text, const std::string& stop) {
  for (std::size_t n = std::min(text.size(), stop.size() - 1); n > 0; --n) {
    if (text.compare(text.size() - n, n, stop, 0, n) == 0) return n;
  }
  return 0;
}

}  // namespace

std::string StopMatcher::push(const std::string& text) {
  if (stopped_) return {};
  held_ += text;
  std::size_t first = std::string::npos;
  std::size_t n_held = 0;
  for (const std::string& stop : stops_) {
    first = std::min(first, held_.find(stop));
    n_held = std::max(n_held, partial_match_length(held_, stop));
  }
  if (first != std::string::npos) {
    stopped_ = true;
    std::string out = held_.substr(0, first);
    held_.clear();
    return out;
  }
  std::string out = held_.substr(0, held_.size() - n_held);
  held_.erase(0, held_.size() - n_held);
  return out;
}

std::string StopMatcher::finish() { return std::exchange(held_, {}); }

}  // namespace electron_local
