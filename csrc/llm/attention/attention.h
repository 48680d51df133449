// Attention over cached keys and values in one pass ("flash attention", Dao et al. 2022), the scores never in
// memory. Pure: knows plain memory, not libllama.
//
// What makes it quick where conversations are: the query heads that share keys, and the tokens of one step,
// go through a block of keys together, so that a key is read and widened once for all of them; blocks that no
// token may see are not read at all; one token's cells are shared out among the threads.
#pragma once

#include <cstddef>
#include <cstdint>

namespace electron_local {

enum class KeyType { kFloat16, kQ8_0 };  // q8_0: 32 integers of 8 bits behind a scale in float16

// One layer's attention. Strides in bytes for keys and values, in elements for all else.
struct Attention {
  int n_tokens = 0;
  int n_heads = 0;
  // Divides n_heads: as many consecutive query heads, at most kMostSharingHeads, share one.
  int n_key_heads = 0;
  int n_cells = 0;
  int key_width = 0;    // of a head; a multiple of kHeadWidthStep, of 32 for q8_0
  int value_width = 0;  // as key_width
  float scale = 1.0f;
  float score_cap = 0.0f;  // above 0: scores become score_cap * tanh(score / score_cap)

  const float* queries = nullptr;
  std::size_t query_token_stride = 0, query_head_stride = 0;
  KeyType type = KeyType::kFloat16;  // of keys and values
  const std::byte* keys = nullptr;
  std::size_t key_cell_stride = 0, key_head_stride = 0;
  const std::byte* values = nullptr;
  std::size_t value_cell_stride = 0, value_head_stride = 0;
  // What is added to a token's scores, float16; minus infinity hides a cell. None: every token sees all
  // cells.
  const std::uint16_t* mask = nullptr;
  std::size_t mask_token_stride = 0;
  float* output = nullptr;  // zero for a token that sees nothing
  std::size_t output_token_stride = 0, output_head_stride = 0;
};

constexpr int kHeadWidthStep = 16;
constexpr int kMostSharingHeads = 24;  // query heads of one key head

// Whether this processor has a kernel for it. Without one there is libllama's own.
bool has_attention_kernel();

// Bytes that `attend` needs for `n_threads` or fewer.
std::size_t attention_work_bytes(const Attention& attention, int n_threads);

// One thread's share; every thread of `n_threads` calls it with the same arguments but `thread`. `wait(all)`
// returns once all of them have called it, as often as each calls it. `work`: attention_work_bytes() of them.
void attend(const Attention& attention, int thread, int n_threads, std::byte* work, void (*wait)(void*),
            void* all);

}  // namespace electron_local
