// UTF-8 assembly, stop strings and the sequence that joins them.
#include <string>
#include <vector>

#include "check.h"
#include "llm/sequence.h"
#include "llm/stop_matcher.h"
#include "llm/utf8.h"

using electron_local::FinishReason;
using electron_local::Sequence;
using electron_local::StopMatcher;
using electron_local::Utf8Assembler;

namespace {

const std::string kReplacement = "\xEF\xBF\xBD";

std::string assemble(const std::string& bytes, std::size_t step) {
  Utf8Assembler assembler;
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += step) out += assembler.push(bytes.substr(i, step));
  return out;
}

void test_utf8_is_the_same_in_every_chunking() {
  const std::string text = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x8E\x89z";
  for (std::size_t step = 1; step <= text.size(); ++step) CHECK_EQUAL(assemble(text, step), text);
}

void test_utf8_replaces_what_is_no_character() {
  CHECK_EQUAL(assemble("a\xFF"
                       "b",
                       1),
              "a" + kReplacement + "b");
  CHECK_EQUAL(assemble("\xC3(", 1), kReplacement + "(");
  CHECK_EQUAL(assemble("\xC0\xAF", 2), kReplacement + kReplacement);                     // overlong
  CHECK_EQUAL(assemble("\xED\xA0\x80", 3), kReplacement + kReplacement + kReplacement);  // surrogate
}

void test_utf8_holds_an_unfinished_character_back() {
  Utf8Assembler assembler;
  CHECK_EQUAL(assembler.push("\xE2\x82"), "");
  assembler.finish();
  CHECK_EQUAL(assembler.push("x"), "x");
}

std::string match(const std::vector<std::string>& stops, const std::string& text, std::size_t step,
                  bool* stopped) {
  StopMatcher matcher(stops);
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += step) out += matcher.push(text.substr(i, step));
  *stopped = matcher.stopped();
  return out + matcher.finish();
}

void test_stop_strings_are_found_in_every_chunking() {
  bool stopped = false;
  for (std::size_t step = 1; step < 12; ++step) {
    CHECK_EQUAL(match({"END"}, "one ENDtwo", step, &stopped), "one ");
    CHECK(stopped);
    CHECK_EQUAL(match({"aab"}, "aaaab!", step, &stopped), "aa");
    CHECK_EQUAL(match({"xyz"}, "xyxyxy", step, &stopped), "xyxyxy");
    CHECK(!stopped);
  }
}

void test_stop_matcher_passes_on_what_is_safe() {
  StopMatcher matcher({"</end>"});
  CHECK_EQUAL(matcher.push("hello <"), "hello ");
  CHECK_EQUAL(matcher.push("b"), "<b");
}

void test_sequence_counts_and_ends() {
  Sequence sequence({1, 2, 3}, {"!"}, 3);
  CHECK_EQUAL(sequence.n_pending(), 3);
  sequence.mark_evaluated(3);
  CHECK_EQUAL(sequence.append(7, "hi").text, "hi");
  CHECK(!sequence.finish_reason());
  CHECK_EQUAL(sequence.append(8, " you!").text, " you");
  CHECK(sequence.finish_reason() == FinishReason::kStop);
  CHECK_EQUAL(sequence.n_completion(), 2);
  CHECK_EQUAL(sequence.n_pending(), 2);

  Sequence limited({1}, {}, 1);
  limited.append(5, "a");
  CHECK(limited.finish_reason() == FinishReason::kLength);
}

}  // namespace

int main() {
  test_utf8_is_the_same_in_every_chunking();
  test_utf8_replaces_what_is_no_character();
  test_utf8_holds_an_unfinished_character_back();
  test_stop_strings_are_found_in_every_chunking();
  test_stop_matcher_passes_on_what_is_safe();
  test_sequence_counts_and_ends();
  return electron_local_test::n_failures;
}
