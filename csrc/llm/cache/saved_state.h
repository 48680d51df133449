// The keys and values of one sequence, outside the cells: in host memory, or on the way to or from a disk.
#pragma once

#include "base/mapped_bytes.h"

namespace electron_local {

// Opaque bytes of some megabytes that come and go all day long: not on the heap.
using SavedState = MappedBytes;

}  // namespace electron_local
