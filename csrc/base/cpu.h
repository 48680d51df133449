// What the processor and the operating system can run.
#pragma once

#include <string>
#include <vector>

namespace electron_local {

// Instruction sets that signal kernels are compiled for, the plain one first.
enum class Isa { kBaseline, kAvx2, kAvx512, kNeon };

// Usable extensions in a fixed order, for example {"sse4.2", "avx2", "fma"}. An extension counts only when
// the operating system saves its registers; AMX also needs a permission that each process asks for by itself.
const std::vector<std::string>& cpu_features();

bool has_cpu_feature(const std::string& name);

const char* isa_name(Isa isa);

// The best set that this processor runs, or the one that ELECTRON_LOCAL_ISA names (baseline, avx2, avx512,
// neon). Decided at the first call. Throws InvalidArgument for an unknown name or a set that the processor
// lacks.
Isa selected_isa();

// selected_isa(), but kAvx2 instead of an unforced kAvx512 where a 512-bit load that crosses a cache line is
// the dearer way to the same sums: on processors that split it (AMD family 19h).
Isa isa_for_unaligned_vectors();

}  // namespace electron_local
