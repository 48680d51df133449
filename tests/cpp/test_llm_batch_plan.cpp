// Which tokens go into a batch, and who waits for a place.
#include <memory>
#include <utility>
#include <vector>

#include "check.h"
#include "llm/batch_plan.h"
#include "llm/request_queue.h"

using electron_local::Generation;
using electron_local::Job;
using electron_local::plan_batch;
using electron_local::PlanLimits;
using electron_local::RequestQueue;
using electron_local::Sampler;
using electron_local::SamplingParams;
using electron_local::Sequence;
using electron_local::Work;

namespace {

const PlanLimits kLimits{512, 512, 64};

int n_of(const std::vector<Work>& plan, int index) {
  for (const Work& work : plan) {
    if (work.index == index) return work.n;
  }
  return 0;
}

void test_decode_tokens_come_before_prompts() {
  const auto plan = plan_batch({{0, 2000, true, 0, 1}, {1, 1, false, 0, 2}, {2, 1, false, 0, 2}}, kLimits);
  CHECK_EQUAL(plan.size(), 3u);
  CHECK_EQUAL(plan.back().index, 0);
  CHECK_EQUAL(n_of(plan, 1), 1);
  CHECK_EQUAL(n_of(plan, 0), 64);  // beside somebody's next token a prompt goes in small chunks
}

void test_prompts_alone_fill_the_batch() {
  const auto plan = plan_batch({{0, 300, true, 0, 5}, {1, 300, true, 0, 3}}, kLimits);
  CHECK_EQUAL(plan.front().index, 1);  // who waited longest
  CHECK_EQUAL(n_of(plan, 1), 300);
  CHECK_EQUAL(n_of(plan, 0), 212);
}

void test_the_speaking_session_reads_first() {
  const auto plan = plan_batch({{0, 600, true, 0, 1}, {1, 600, true, 9, 8}}, kLimits);
  CHECK_EQUAL(plan.size(), 1u);
  CHECK_EQUAL(plan.front().index, 1);
}

void test_the_bound_beside_decoding_holds_for_all_prompts_together() {
  const auto plan = plan_batch({{0, 40, true, 0, 1}, {1, 40, true, 0, 2}, {2, 1, false, 0, 0}}, kLimits);
  CHECK_EQUAL(n_of(plan, 0) + n_of(plan, 1), 64);
}

void test_prompts_keep_to_their_bound_together() {
  const PlanLimits limits{512, 100, 64};
  const auto plan = plan_batch({{0, 70, true, 0, 1}, {1, 70, true, 0, 2}}, limits);
  CHECK_EQUAL(n_of(plan, 0) + n_of(plan, 1), 100);
  const auto beside = plan_batch({{0, 70, true, 0, 1}, {1, 1, false, 0, 2}}, limits);
  CHECK_EQUAL(n_of(beside, 0), 64);
}

void test_nothing_pending_nothing_planned() { CHECK(plan_batch({{0, 0, false, 0, 0}}, kLimits).empty()); }

std::unique_ptr<Job> job(int priority) {
  auto out = std::make_unique<Job>(Sequence({1}, {}, 1), Sampler(SamplingParams{}, 4), 1);
  out->priority = priority;
  return out;
}

void test_queue_is_first_come_within_a_priority() {
  RequestQueue queue(4);
  std::vector<Generation*> added;
  for (const int priority : {0, 0, 5, 0}) {
    auto one = job(priority);
    added.push_back(one->generation.get());
    CHECK(queue.try_add(one));
  }
  auto refused = job(9);
  CHECK(!queue.try_add(refused));
  CHECK(refused != nullptr);
  const auto any = [](const Job&) { return true; };
  auto first = queue.take(any);
  CHECK(first->generation.get() == added[2]);
  CHECK(queue.take(any)->generation.get() == added[0]);
  queue.put_back(std::move(first));
  CHECK(queue.take(any)->generation.get() == added[2]);
  CHECK(queue.take([](const Job&) { return false; }) == nullptr);
  added[3]->cancel();
  CHECK(queue.take([](const Job&) { return false; })->generation.get() == added[3]);
}

}  // namespace

int main() {
  test_decode_tokens_come_before_prompts();
  test_prompts_alone_fill_the_batch();
  test_the_speaking_session_reads_first();
  test_the_bound_beside_decoding_holds_for_all_prompts_together();
  test_prompts_keep_to_their_bound_together();
  test_nothing_pending_nothing_planned();
  test_queue_is_first_come_within_a_priority();
  return electron_local_test::n_failures;
}
