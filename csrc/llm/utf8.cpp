#include "llm/utf8.h"

namespace electron_local {
namespace {

constexpr const char* kReplacement = "\xEF\xBF\xBD";

unsigned char byte_at(std::string_view s, std::size_t i) { return static_cast<unsigned char>(s[i]); }

// Bytes of the character that `lead` begins; 0 when none does (RFC 3629: no overlong forms, at most
// U+10FFFF).
int character_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  if (lead >= 0xF0 && lead <= 0xF4) return 4;
  return 0;
}

// The second byte carries the limits against overlong forms, surrogates and code points past U+10FFFF.
bool is_continuation(unsigned char lead, std::size_t index, unsigned char byte) {
  if (index == 1) {
    if (lead == 0xE0) return byte >= 0xA0 && byte <= 0xBF;
    if (lead == 0xED) return byte >= 0x80 && byte <= 0x9F;
    if (lead == 0xF0) return byte >= 0x90 && byte <= 0xBF;
    if (lead == 0xF4) return byte >= 0x80 && byte <= 0x8F;
  }
  return byte >= 0x80 && byte <= 0xBF;
}

}  // namespace

std::string Utf8Assembler::push(std::string_view bytes) {
  pending_.append(bytes);
  const std::string_view in = pending_;
  std::string out;
  std::size_t i = 0;
  while (i < in.size()) {
    const int length = character_length(byte_at(in, i));
    std::size_t n = 1;
    while (n < static_cast<std::size_t>(length) && i + n < in.size() &&
           is_continuation(byte_at(in, i), n, byte_at(in, i + n))) {
      ++n;
    }
    if (n == static_cast<std::size_t>(length)) {
      out.append(in.substr(i, n));
    } else if (length != 0 && i + n == in.size()) {
      break;  // unfinished, so far right
    } else {
      out.append(kReplacement);
    }
    i += n;
  }
  pending_.erase(0, i);
  return out;
}

}  // namespace electron_local
