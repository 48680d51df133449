#include "base/cpu.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "base/error.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace electron_local {
namespace {

#if defined(__x86_64__)

struct CpuidRegisters {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
};

CpuidRegisters cpuid(unsigned leaf, unsigned subleaf) {
  CpuidRegisters r;
  __get_cpuid_count(leaf, subleaf, &r.eax, &r.ebx, &r.ecx, &r.edx);
  return r;
}

// The register states that the operating system saves (XCR0).
std::uint64_t saved_states() {
  std::uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (static_cast<std::uint64_t>(high) << 32) | low;
}

bool splits_wide_vectors() {
  const CpuidRegisters vendor = cpuid(0, 0), basic = cpuid(1, 0);
  constexpr unsigned kAuthenticAmd = 0x444d4163;  // "cAMD", the last word
  const unsigned family = ((basic.eax >> 8) & 0xf) + ((basic.eax >> 20) & 0xff);
  return vendor.ecx == kAuthenticAmd && family == 0x19;
}

// Bits of XCR0: Intel SDM volume 1, 13.3.
constexpr std::uint64_t kYmmState = 0x6;
constexpr std::uint64_t kZmmState = 0xe6;
constexpr std::uint64_t kTileState = 0x60000;

std::vector<std::string> detect() {
  const CpuidRegisters basic = cpuid(1, 0);
  const CpuidRegisters extended = cpuid(7, 0);
  const CpuidRegisters extended_1 = extended.eax >= 1 ? cpuid(7, 1) : CpuidRegisters{};
  const bool has_xsave = (basic.ecx >> 27) & 1;
  const std::uint64_t states = has_xsave ? saved_states() : 0;
  const auto saves = [states](std::uint64_t mask) { return (states & mask) == mask; };

  std::vector<std::string> features;
  const auto add = [&features](const char* name, unsigned reg, int bit, bool is_saved) {
    if (is_saved && ((reg >> bit) & 1)) features.emplace_back(name);
  };
  const bool ymm = saves(kYmmState), zmm = saves(kZmmState), tile = saves(kTileState);
  add("sse4.2", basic.ecx, 20, true);
  add("avx", basic.ecx, 28, ymm);
  add("f16c", basic.ecx, 29, ymm);
  add("fma", basic.ecx, 12, ymm);
  add("avx2", extended.ebx, 5, ymm);
  add("avx_vnni", extended_1.eax, 4, ymm);
  add("avx512f", extended.ebx, 16, zmm);
  add("avx512dq", extended.ebx, 17, zmm);
  add("avx512bw", extended.ebx, 30, zmm);
  add("avx512vl", extended.ebx, 31, zmm);
  add("avx512_vnni", extended.ecx, 11, zmm);
  add("avx512_bf16", extended_1.eax, 5, zmm);
  add("amx_tile", extended.edx, 24, tile);
  add("amx_int8", extended.edx, 25, tile);
  add("amx_bf16", extended.edx, 22, tile);
  return features;
}

#elif defined(__aarch64__)

bool splits_wide_vectors() { return false; }

// Advanced SIMD is part of every AArch64 processor that runs a general operating system.
std::vector<std::string> detect() { return {"neon"}; }

#else

bool splits_wide_vectors() { return false; }

std::vector<std::string> detect() { return {}; }

#endif

constexpr Isa kIsas[] = {Isa::kBaseline, Isa::kAvx2, Isa::kAvx512, Isa::kNeon};

bool is_usable(Isa isa) {
  switch (isa) {
    case Isa::kBaseline:
      return true;
    case Isa::kAvx2:
      return has_cpu_feature("avx2") && has_cpu_feature("fma");
    case Isa::kAvx512:
      return is_usable(Isa::kAvx2) && has_cpu_feature("avx512f") && has_cpu_feature("avx512dq") &&
             has_cpu_feature("avx512bw") && has_cpu_feature("avx512vl");
    case Isa::kNeon:
      return has_cpu_feature("neon");
  }
  return false;
}

// Empty when no set is forced.
std::string forced_isa() {
  const char* forced = std::getenv("ELECTRON_LOCAL_ISA");
  return forced == nullptr ? "" : forced;
}

Isa select_isa() {
  const std::string forced = forced_isa();
  if (forced.empty()) {
    Isa best = Isa::kBaseline;
    for (const Isa isa : kIsas) {
      if (is_usable(isa)) best = isa;
    }
    return best;
  }
  for (const Isa isa : kIsas) {
    if (forced != isa_name(isa)) continue;
    if (is_usable(isa)) return isa;
    throw InvalidArgument("ELECTRON_LOCAL_ISA is " + forced + ", which this processor lacks");
  }
  throw InvalidArgument("ELECTRON_LOCAL_ISA must be baseline, avx2, avx512 or neon, got " + forced);
}

}  // namespace

const std::vector<std::string>& cpu_features() {
  static const auto& features = *new std::vector<std::string>(detect());  // outlives every thread at exit
  return features;
}

bool has_cpu_feature(const std::string& name) {
  const auto& features = cpu_features();
  return std::find(features.begin(), features.end(), name) != features.end();
}

const char* isa_name(Isa isa) {
  switch (isa) {
    case Isa::kBaseline:
      return "baseline";
    case Isa::kAvx2:
      return "avx2";
    case Isa::kAvx512:
      return "avx512";
    case Isa::kNeon:
      return "neon";
  }
  return "unknown";
}

Isa selected_isa() {
  static const Isa isa = select_isa();
  return isa;
}

Isa isa_for_unaligned_vectors() {
  static const bool is_narrow = splits_wide_vectors() && forced_isa().empty();
  return is_narrow && selected_isa() == Isa::kAvx512 ? Isa::kAvx2 : selected_isa();
}

}  // namespace electron_local
