// How long recent steps took, by number of threads and size of the batch.
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <utility>

namespace electron_local {

// `depth`: tokens already in memory. Attention makes deep steps slower, so distant depths are not compared.
struct Step {
  double seconds = 0;
  int n_tokens = 1;
  int depth = 0;
};

// Pure; one thread.
class StepHistory {
 public:
  void add(int n_threads, const Step& step);

  // How many times longer `step` took than is usual at `n_threads`: the median of the last steps of like size
  // and depth. Absent with fewer than three of them.
  std::optional<double> ratio(int n_threads, const Step& step) const;

  void clear() { recent_.clear(); }
  void clear(int n_threads);

 private:
  static constexpr std::size_t kKept = 31;

  struct Recent {
    std::array<double, kKept> seconds_per_token{};
    std::size_t n = 0;
    int depth = 0;
  };

  using Key = std::pair<int, int>;  // threads, size class of the batch
  static int size_class(int n_tokens);
  static bool is_alike(int depth, const Recent& recent);

  std::map<Key, Recent> recent_;
};

}  // namespace electron_local
