// Bytes in, whole UTF-8 characters out.
#pragma once

#include <string>
#include <string_view>

namespace electron_local {

// Holds back an unfinished character until its last byte arrives. A byte that can start or continue no
// character becomes U+FFFD. Owned by one sequence.
class Utf8Assembler {
 public:
  std::string push(std::string_view bytes);

  // Drops an unfinished character: the output ends with a whole one.
  void finish() { pending_.clear(); }

 private:
  std::string pending_;
};

}  // namespace electron_local
