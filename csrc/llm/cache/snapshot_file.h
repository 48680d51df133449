// One prefix on disk: its tokens and the state of its keys and values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "llm/cache/fingerprint.h"
#include "llm/cache/saved_state.h"
#include "llm/types.h"

namespace electron_local {

// A file that is not a sound snapshot of this model and these settings.
class BadSnapshot : public Error {
 public:
  using Error::Error;
};

// The file could not be opened, read or written; errno says why in the text.
class SnapshotFileError : public Error {
 public:
  SnapshotFileError(const std::string& what, int its_errno) : Error(what), number(its_errno) {}
  int number;
};

// Layout, little-endian, no gaps: magic "ELKVSNAP", version u32, n_tokens u32, fingerprint 2 x u64,
// n_state_bytes u64, XXH64 of the state u64, XXH64 of all fields before and the tokens u64; then the tokens,
// i32 each, and the state.
constexpr std::uint32_t kSnapshotVersion = 1;

// Written beside its place, synced, and moved there: a reader sees a whole file or none. Throws
// SnapshotFileError.
void write_snapshot(const std::string& path, const Fingerprint& fingerprint, const std::vector<Token>& tokens,
                    const SavedState& state);

// The tokens alone. Throws BadSnapshot when anything but the state is not as it must be, SnapshotFileError.
std::vector<Token> read_snapshot_tokens(const std::string& path, const Fingerprint& fingerprint);

// The state, which belongs to exactly `tokens`. Throws BadSnapshot, SnapshotFileError.
SavedState read_snapshot_state(const std::string& path, const Fingerprint& fingerprint,
                               const std::vector<Token>& tokens);

std::size_t snapshot_file_bytes(std::size_t n_tokens, std::size_t n_state_bytes);

}  // namespace electron_local
