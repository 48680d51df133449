// Attention against the textbook's formula in double precision.
#include <cmath>
#include <condition_variable>
#include <cstring>
#include <limits>
#include <mutex>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "check.h"
#include "llm/attention/attention.h"

using electron_local::Attention;
using electron_local::KeyType;

namespace {

constexpr std::uint16_t kMinusInfinity = 0xFC00;

// Cut off and not rounded; what float16 holds with fewer digits becomes zero.
std::uint16_t to_half(float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  if (std::fabs(value) < 1e-4f) return 0;
  return static_cast<std::uint16_t>((bits >> 16 & 0x8000) | ((((bits >> 23) & 0xFF) - 112) << 10) |
                                    (bits >> 13 & 0x3FF));
}

float from_half(std::uint16_t half) {
  if (half == kMinusInfinity) return -std::numeric_limits<float>::infinity();
  if (half == 0) return 0.0f;
  const std::uint32_t bits =
      (half & 0x8000u) << 16 | ((half >> 10 & 0x1Fu) + 112) << 23 | (half & 0x3FFu) << 13;
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

class Barrier {
 public:
  explicit Barrier(int n) : n_(n) {}
  void wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    const int round = round_;
    if (++n_waiting_ == n_) {
      n_waiting_ = 0;
      ++round_;
      changed_.notify_all();
    } else {
      changed_.wait(lock, [&] { return round_ != round; });
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int n_, n_waiting_ = 0, round_ = 0;
};

struct Shape {
  int n_tokens, n_heads, n_key_heads, n_cells, key_width, value_width;
  KeyType type;
  float score_cap = 0.0f;
  bool by_head = false;  // keys and values of a head lie together, not those of a cell

  std::size_t row(int cell, int key_head) const {
    return static_cast<std::size_t>(by_head ? key_head * n_cells + cell : cell * n_key_heads + key_head);
  }
  std::size_t mask_stride() const { return static_cast<std::size_t>(n_cells) + 5; }
  float scale() const { return 1.0f / std::sqrt(static_cast<float>(key_width)); }
};

// Rows of random numbers as a cache stores them, and as the formula reads them.
struct Stored {
  std::vector<std::byte> bytes;
  std::vector<float> numbers;
  std::size_t row_bytes;

  Stored(int n_rows, int width, KeyType type, std::mt19937& random) {
    std::normal_distribution<float> normal;
    for (int row = 0; row < n_rows; ++row) {
      for (int i = 0; i < width; ++i) {
        if (type == KeyType::kFloat16) {
          const std::uint16_t half = to_half(normal(random));
          append(half);
          numbers.push_back(from_half(half));
          continue;
        }
        if (i % 32 == 0) {
          scale = to_half(0.01f + 0.002f * static_cast<float>(random() % 8));
          append(scale);
        }
        const auto integer = static_cast<std::int8_t>(random() % 255 - 127);
        append(integer);
        numbers.push_back(from_half(scale) * static_cast<float>(integer));
      }
    }
    row_bytes = bytes.size() / static_cast<std::size_t>(n_rows);
  }
  template <typename T>
  void append(T value) {
    const auto* begin = reinterpret_cast<const std::byte*>(&value);
    bytes.insert(bytes.end(), begin, begin + sizeof value);
  }
  std::uint16_t scale = 0;
};

std::vector<float> by_formula(const Shape& s, float scale, const std::vector<float>& queries,
                              const std::vector<float>& keys, const std::vector<float>& values,
                              const std::vector<std::uint16_t>& mask) {
  std::vector<float> output(static_cast<std::size_t>(s.n_tokens * s.n_heads * s.value_width));
  for (int token = 0; token < s.n_tokens; ++token) {
    for (int head = 0; head < s.n_heads; ++head) {
      const int key_head = head / (s.n_heads / s.n_key_heads);
      std::vector<double> sums(static_cast<std::size_t>(s.value_width));
      double weight = 0.0;
      for (int cell = 0; cell < s.n_cells; ++cell) {
        double score = 0.0;
        for (int i = 0; i < s.key_width; ++i) {
          score += static_cast<double>(
                       queries[static_cast<std::size_t>((token * s.n_heads + head) * s.key_width + i)]) *
                   keys[s.row(cell, key_head) * static_cast<std::size_t>(s.key_width) +
                        static_cast<std::size_t>(i)];
        }
        score *= scale;
        if (s.score_cap > 0.0f) score = s.score_cap * std::tanh(score / s.score_cap);
        if (!mask.empty())
          score += from_half(
              mask[static_cast<std::size_t>(token) * s.mask_stride() + static_cast<std::size_t>(cell)]);
        const double part = std::exp(score);
        weight += part;
        for (int i = 0; i < s.value_width; ++i) {
          sums[static_cast<std::size_t>(i)] +=
              part * values[s.row(cell, key_head) * static_cast<std::size_t>(s.value_width) +
                            static_cast<std::size_t>(i)];
        }
      }
      for (int i = 0; i < s.value_width; ++i) {
        output[static_cast<std::size_t>((token * s.n_heads + head) * s.value_width + i)] =
            weight == 0.0 ? 0.0f : static_cast<float>(sums[static_cast<std::size_t>(i)] / weight);
      }
    }
  }
  return output;
}

// `mask` empty: none. One thread fewer than was planned for, as OpenMP may have it.
std::vector<float> computed(const Shape& s, int n_threads, const std::vector<float>& queries,
                            const std::vector<std::byte>& keys, const std::vector<std::byte>& values,
                            const std::vector<std::uint16_t>& mask) {
  std::vector<float> output(static_cast<std::size_t>(s.n_tokens * s.n_heads * s.value_width), -1.0f);
  const auto n_rows = static_cast<std::size_t>(s.n_cells * s.n_key_heads);
  Attention attention;
  attention.n_tokens = s.n_tokens;
  attention.n_heads = s.n_heads;
  attention.n_key_heads = s.n_key_heads;
  attention.n_cells = s.n_cells;
  attention.key_width = s.key_width;
  attention.value_width = s.value_width;
  attention.score_cap = s.score_cap;
  attention.scale = s.scale();
  attention.queries = queries.data();
  attention.query_head_stride = static_cast<std::size_t>(s.key_width);
  attention.query_token_stride = static_cast<std::size_t>(s.n_heads * s.key_width);
  attention.type = s.type;
  attention.keys = keys.data();
  attention.key_head_stride = keys.size() / n_rows * s.row(0, 1);
  attention.key_cell_stride = keys.size() / n_rows * s.row(1, 0);
  attention.values = values.data();
  attention.value_head_stride = values.size() / n_rows * s.row(0, 1);
  attention.value_cell_stride = values.size() / n_rows * s.row(1, 0);
  attention.mask = mask.empty() ? nullptr : mask.data();
  attention.mask_token_stride = s.mask_stride();
  attention.output = output.data();
  attention.output_head_stride = static_cast<std::size_t>(s.value_width);
  attention.output_token_stride = static_cast<std::size_t>(s.n_heads * s.value_width);

  std::vector<std::byte> work(electron_local::attention_work_bytes(attention, n_threads + 1));
  Barrier barrier(n_threads);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < n_threads; ++thread) {
    threads.emplace_back([&, thread] {
      electron_local::attend(
          attention, thread, n_threads, work.data(), [](void* all) { static_cast<Barrier*>(all)->wait(); },
          &barrier);
    });
  }
  for (std::thread& thread : threads) thread.join();
  return output;
}

std::vector<float> drawn_queries(const Shape& s, std::mt19937& random) {
  std::normal_distribution<float> normal;
  std::vector<float> queries(static_cast<std::size_t>(s.n_tokens * s.n_heads * s.key_width));
  for (float& query : queries) query = 2.0f * normal(random);
  return queries;
}

// `visible(token, cell)`; every seventh visible score is moved by the mask.
template <typename Visible>
void check_shape(const Shape& s, int n_threads, bool has_mask, Visible visible) {
  std::mt19937 random(static_cast<unsigned>(s.n_tokens * 1000 + s.n_cells));
  const std::vector<float> queries = drawn_queries(s, random);
  const Stored keys(s.n_cells * s.n_key_heads, s.key_width, s.type, random);
  const Stored values(s.n_cells * s.n_key_heads, s.value_width, s.type, random);
  std::vector<std::uint16_t> mask;
  for (int token = 0; has_mask && token < s.n_tokens; ++token) {
    for (int cell = 0; cell < s.n_cells; ++cell) {
      const std::uint16_t bias = (token + cell) % 7 == 0 ? to_half(-0.5f) : std::uint16_t{0};
      mask.push_back(visible(token, cell) ? bias : kMinusInfinity);
    }
    mask.resize(static_cast<std::size_t>(token + 1) * s.mask_stride());
  }
  const std::vector<float> output = computed(s, n_threads, queries, keys.bytes, values.bytes, mask);
  const std::vector<float> expected = by_formula(s, s.scale(), queries, keys.numbers, values.numbers, mask);
  double worst = 0.0;
  for (std::size_t i = 0; i < output.size(); ++i)
    worst = std::fmax(worst, std::fabs(static_cast<double>(output[i]) - static_cast<double>(expected[i])));
  if (!(worst < 1e-5))
    electron_local_test::report(__FILE__, __LINE__) << s.n_tokens << " tokens, " << s.n_cells << " cells, "
                                                    << n_threads << " threads: off by " << worst << "\n";
}

// Of a text of 90 cells whose tokens see all before them, and no other cell: what lies there is not even a
// number.
void test_a_text_is_rounded_alike_wherever_it_lies(KeyType type, int n_tokens, int n_threads) {
  constexpr int kText = 90;
  const Shape s{n_tokens, 4, 2, 192, 64, 64, type};
  std::mt19937 random(1);
  const std::vector<float> queries = drawn_queries(s, random);
  const Stored keys(kText * s.n_key_heads, s.key_width, type, random);
  const Stored values(kText * s.n_key_heads, s.value_width, type, random);
  std::vector<float> first;
  for (const auto& [offset, gap] : {std::make_pair(0, 0), std::make_pair(13, 0), std::make_pair(70, 29)}) {
    std::vector<std::byte> key_bytes(keys.row_bytes * static_cast<std::size_t>(s.n_cells * s.n_key_heads),
                                     std::byte{0xFF});
    std::vector<std::byte> value_bytes = key_bytes;
    std::vector<std::uint16_t> mask(static_cast<std::size_t>(n_tokens) * s.mask_stride(), kMinusInfinity);
    for (int i = 0; i < kText; ++i) {
      const int cell = offset + i + (i < 37 ? 0 : gap);
      const auto place = [&](const Stored& from, std::vector<std::byte>& to) {
        const std::size_t n_bytes = from.row_bytes * static_cast<std::size_t>(s.n_key_heads);
        std::memcpy(to.data() + static_cast<std::size_t>(cell) * n_bytes,
                    from.bytes.data() + static_cast<std::size_t>(i) * n_bytes, n_bytes);
      };
      place(keys, key_bytes);
      place(values, value_bytes);
      for (int token = 0; token < n_tokens; ++token) {
        const std::size_t row = static_cast<std::size_t>(token) * s.mask_stride();
        if (i <= kText - n_tokens + token) mask[row + static_cast<std::size_t>(cell)] = 0;
      }
    }
    const std::vector<float> output = computed(s, n_threads, queries, key_bytes, value_bytes, mask);
    for (const float number : output) CHECK(std::isfinite(number));
    if (first.empty()) first = output;
    CHECK(output == first);
  }
}

}  // namespace

int main() {
  if (!electron_local::has_attention_kernel()) return electron_local_test::n_failures;
  const auto all = [](int, int) { return true; };
  for (const KeyType type : {KeyType::kFloat16, KeyType::kQ8_0}) {
    for (const int n_threads : {1, 2, 3}) {
      // One token; a few; so many that tiles alone keep the threads busy.
      check_shape({1, 9, 3, 256, 64, 64, type}, n_threads, false, all);
      check_shape({1, 9, 3, 100, 64, 64, type}, n_threads, true, all);
      check_shape({5, 16, 8, 77, 128, 128, type}, n_threads, false, all);
      check_shape({130, 6, 2, 256, 32, 64, type}, n_threads, true,
                  [](int token, int cell) { return cell <= token + 100; });
      // Conversations beside each other: each token sees what is shared and its own cells.
      check_shape({8, 9, 3, 512, 64, 64, type}, n_threads, true, [](int token, int cell) {
        return cell < 200 || (cell < 300 && cell % 8 == token) || (cell >= 300 && (cell - 300) / 25 == token);
      });
      if (type == KeyType::kFloat16) check_shape({9, 4, 2, 96, 80, 16, type}, n_threads, false, all);
      for (const int n_shared : {1, 2, 5})
        check_shape({1, 2 * n_shared, 2, 96, 64, 64, type}, n_threads, false, all);
      check_shape({40, 8, 2, 200, 64, 32, type, 0.0f, true}, n_threads, true,
                  [](int token, int cell) { return cell <= 5 * token; });
      check_shape({4, 8, 4, 96, 64, 64, type, 3.0f}, n_threads, false, all);
      check_shape({3, 4, 4, 64, 96, 32, type}, n_threads, true, [](int token, int) { return token != 1; });
      check_shape({2, 24, 1, 33, 256, 256, type}, n_threads, true,
                  [](int token, int cell) { return cell > token; });
      for (const int n_tokens : {1, 3, 40})
        test_a_text_is_rounded_alike_wherever_it_lies(type, n_tokens, n_threads);
    }
  }
  return electron_local_test::n_failures;
}
