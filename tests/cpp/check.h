// Assertions that go on after a failure and name file, line and values. main() ends with `return
// n_failures;`.
#pragma once

#include <iostream>

namespace electron_local_test {

inline int n_failures = 0;

inline std::ostream& report(const char* file, int line) {
  ++n_failures;
  return std::cerr << file << ":" << line << ": ";
}

template <typename A, typename B>
void check_equal(const A& got, const B& expected, const char* text, const char* file, int line) {
  if (!(got == expected)) report(file, line) << text << " is " << got << ", expected " << expected << "\n";
}

}  // namespace electron_local_test

#define CHECK(condition)                                                                               \
  do {                                                                                                 \
    if (!(condition)) electron_local_test::report(__FILE__, __LINE__) << "not true: " #condition "\n"; \
  } while (false)

#define CHECK_EQUAL(got, expected) \
  electron_local_test::check_equal((got), (expected), #got, __FILE__, __LINE__)

#define CHECK_THROWS(expression, type)                                                           \
  try {                                                                                          \
    expression;                                                                                  \
    electron_local_test::report(__FILE__, __LINE__) << #expression " did not throw " #type "\n"; \
  } catch (const type&) {                                                                        \
  }
