// Requests end when their deadline has passed, wherever they are.
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "check.h"
#include "fake_decoder.h"

using namespace electron_local_test;

namespace {

std::string failure_of(Generation& generation) {
  try {
    while (!generation.done()) generation.next(std::chrono::milliseconds(100));
    generation.next(std::chrono::milliseconds(0));
  } catch (const DeadlineExceeded& error) {
    return error.what();
  }
  return "";
}

void test_deadlines_end_requests_wherever_they_are() {
  Settings settings;
  settings.n_parallel = 1;
  Rig rig(1000000, 1000000, 32, settings, /*has_end=*/false);
  auto running = make_job(std::vector<Token>{1, 2}, 900000);
  running->deadline = Job::Clock::now() + std::chrono::milliseconds(300);
  auto waiting = make_job(std::vector<Token>{3, 4}, 10);
  waiting->deadline = Job::Clock::now();
  const auto first = rig.submit(std::move(running));
  const auto second = rig.submit(std::move(waiting));
  CHECK(failure_of(*second).find("while the request waited") != std::string::npos);
  CHECK(failure_of(*first).find("tokens of the answer") != std::string::npos);
  CHECK(first->usage().completion_tokens > 0);
  const auto third = rig.submit({1, 2, 5}, 3);  // what was computed stays
  CHECK_EQUAL(read(*third).size(), 3u);
  CHECK_EQUAL(third->usage().cached_tokens, 2);
}

void test_a_deadline_ends_the_reading_of_a_prompt() {
  Rig rig(1000000, 1000000, 16, {}, /*has_end=*/false);
  std::vector<Token> prompt;
  for (int i = 0; i < 900000; ++i) prompt.push_back(i % 60 + 1);
  auto job = make_job(prompt, 10);
  job->deadline = Job::Clock::now() + std::chrono::milliseconds(200);
  CHECK(failure_of(*rig.submit(std::move(job))).find("of 900000 prompt tokens") != std::string::npos);
}

}  // namespace

int main() {
  test_deadlines_end_requests_wherever_they_are();
  test_a_deadline_ends_the_reading_of_a_prompt();
  return electron_local_test::n_failures;
}
