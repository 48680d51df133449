// How long a prefill step may be.
#include "check.h"
#include "llm/prefill_length.h"

using electron_local::AttentionPath;
using electron_local::NodeCosts;
using electron_local::prefill_length;

int main() {
  const NodeCosts small{576 * 1536, 576};
  const NodeCosts large{1024 * 3072, 2048};
  CHECK_EQUAL(prefill_length(small, 0, 512), 452);
  CHECK_EQUAL(prefill_length(small, 2048, 512), 127);
  CHECK_EQUAL(prefill_length(small, 2048, 100), 100);
  CHECK_EQUAL(prefill_length(large, 0, 512), 127);
  CHECK_EQUAL(prefill_length(large, 4096, 512), 32);
  CHECK_EQUAL(prefill_length(large, 1 << 30, 16), 16);
  CHECK_EQUAL(prefill_length({1024 * 3072, 2048, AttentionPath::kFlash}, 512, 512), 57);
  CHECK_EQUAL(prefill_length({1024 * 3072, 2048, AttentionPath::kFlashInTiles}, 4096, 512), 64);
  CHECK_EQUAL(prefill_length({576 * 1536, 576, AttentionPath::kFlashInTiles}, 2048, 512), 64);
  CHECK_EQUAL(prefill_length({576 * 1536, 576, AttentionPath::kFlashInTiles}, 512, 512), 320);
  CHECK_EQUAL(prefill_length({576 * 1536, 576, AttentionPath::kFlashInTiles}, 512, 100), 100);
  CHECK_EQUAL(prefill_length({576 * 1536, 576, AttentionPath::kOwn}, 4096, 512), 63);
  CHECK_EQUAL(prefill_length(NodeCosts{}, 0, 512), 512);
  return electron_local_test::n_failures;
}
