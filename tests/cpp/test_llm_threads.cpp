// The number of threads follows the neighbours, and what was measured beside them.
#include <initializer_list>

#include "check.h"
#include "simulated_machine.h"

using electron_local::Step;
using electron_local::StepHistory;
using electron_local::StepThreads;
using electron_local::StepThreadsOptions;
using electron_local_test::SimulatedMachine;

namespace {

StepThreadsOptions adaptive(int n_threads) { return {n_threads, n_threads, true}; }

struct Run {
  double seconds = 0;
  int n_last = 0;  // threads of the last step
};

Run decode(StepThreads& threads, SimulatedMachine& machine, int n_steps, int depth = 100) {
  const double begin = machine.now();
  Run run;
  for (int i = 0; i < n_steps; ++i) {
    run.n_last = threads.begin(1);
    machine.run_step(run.n_last, depth + i);
    threads.end(1, depth + i);
  }
  run.seconds = machine.now() - begin;
  return run;
}

// Of the time that `n_steps` take with the best fixed number of threads.
double best_fixed(const SimulatedMachine& machine, int n_cores, int n_steps, int depth = 100) {
  double best = 0;
  for (int n_threads = 1; n_threads <= n_cores; ++n_threads) {
    double seconds = 0;
    for (int i = 0; i < n_steps; ++i) seconds += machine.step_seconds(n_threads, depth + i);
    if (best == 0 || seconds < best) best = seconds;
  }
  return best;
}

void test_alone_every_core_is_used() {
  SimulatedMachine machine(2);
  StepThreads threads(adaptive(2), machine);
  const Run run = decode(threads, machine, 1000);
  CHECK(run.seconds < 1.02 * best_fixed(machine, 2, 1000));
}

void test_busy_neighbours_cost_their_share() {
  for (const int n_cores : {2, 4, 8}) {
    for (const double busy : {1.0, 2.0, 3.0}) {
      SimulatedMachine machine(n_cores);
      StepThreads threads(adaptive(n_cores), machine);
      decode(threads, machine, 200);
      machine.busy = busy;
      decode(threads, machine, 100);
      const double best = best_fixed(machine, n_cores, 1000);
      CHECK(decode(threads, machine, 1000).seconds < 1.1 * best);
      machine.busy = 0;
      decode(threads, machine, 100);
      CHECK(decode(threads, machine, 500).seconds < 1.05 * best_fixed(machine, n_cores, 500));
    }
  }
}

void test_neighbours_that_come_between_requests_are_seen_at_once() {
  SimulatedMachine machine(2);
  StepThreads threads(adaptive(2), machine);
  decode(threads, machine, 100);
  machine.busy = 1;
  machine.rest(10);
  CHECK_EQUAL(decode(threads, machine, 1).n_last, 1);
  machine.busy = 0;
  machine.rest(10);
  CHECK_EQUAL(decode(threads, machine, 1).n_last, 2);
}

void test_who_works_only_while_the_model_rests_takes_nothing() {
  SimulatedMachine machine(2);
  StepThreads threads(adaptive(2), machine);
  machine.resting_busy = 2;
  for (const double pause_s : {0.06, 1.0}) {
    int n_on_two = 0;
    for (int turn = 0; turn < 50; ++turn) {
      machine.rest(pause_s);
      for (int i = 0; i < 8; ++i) n_on_two += decode(threads, machine, 1).n_last == 2;
    }
    CHECK(n_on_two >= 380);  // of 400; the others try whether one does better
  }
}

void test_short_runs_see_neighbours_too() {
  SimulatedMachine machine(2);
  StepThreads threads(adaptive(2), machine);
  machine.busy = 1;
  int n_on_one = 0;
  for (int turn = 0; turn < 50; ++turn) {
    machine.rest(0.03);
    n_on_one += decode(threads, machine, 2).n_last == 1;
  }
  CHECK(n_on_one >= 40);
}

void test_more_threads_than_free_cores_are_never_tried() {
  SimulatedMachine machine(4);
  StepThreads threads(adaptive(4), machine);
  machine.busy = 3;
  decode(threads, machine, 100);
  for (int i = 0; i < 2000; ++i) CHECK_EQUAL(decode(threads, machine, 1).n_last, 1);
}

void test_free_hyper_threads_are_tried() {
  electron_local::ThreadControllerOptions options;
  options.n_most = options.n_cores = 4;
  options.n_cpus = 8;
  electron_local::ThreadController controller(options);
  controller.note_neighbours({4.0, 0.0}, 0);
  CHECK_EQUAL(controller.n_threads(), 1);
  for (int i = 0; i < 400; ++i) controller.note_step({0.01 / controller.n_threads(), 1, 100}, 0.1 * i);
  CHECK_EQUAL(controller.n_threads(), 4);
}

void test_niced_neighbours_that_yield_take_nothing() {
  SimulatedMachine machine(2);
  machine.niced = 1;
  StepThreads threads(adaptive(2), machine);
  CHECK(decode(threads, machine, 1000).seconds < 1.05 * best_fixed(machine, 2, 1000));
}

void test_niced_neighbours_that_do_not_yield_are_found_out() {
  SimulatedMachine machine(2);
  machine.niced = 1;
  machine.niced_yield = false;
  StepThreads threads(adaptive(2), machine);
  decode(threads, machine, 100);
  CHECK(decode(threads, machine, 1000).seconds < 1.1 * best_fixed(machine, 2, 1000));
}

void test_without_a_load_to_read_step_times_decide() {
  SimulatedMachine machine(2);
  machine.tells_load = false;
  StepThreads threads(adaptive(2), machine);
  decode(threads, machine, 200);
  machine.busy = 1;
  CHECK_EQUAL(decode(threads, machine, 40, 300).n_last, 1);
  CHECK(decode(threads, machine, 1000).seconds < 1.1 * best_fixed(machine, 2, 1000));
  machine.busy = 0;
  decode(threads, machine, 8000);
  CHECK(decode(threads, machine, 1000).seconds < 1.05 * best_fixed(machine, 2, 1000));
}

void test_a_second_thread_that_does_not_pay_is_dropped() {
  SimulatedMachine machine(2);
  machine.serial_share = 1.2;  // two threads are slower than one
  StepThreads threads(adaptive(2), machine);
  decode(threads, machine, 200);
  CHECK(decode(threads, machine, 1000).seconds < 1.02 * best_fixed(machine, 2, 1000));
}

// A model whose second thread does not pay here: measured to pay, it stays nevertheless.
void test_what_was_measured_alone_is_not_tried_again() {
  for (const bool is_measured : {false, true}) {
    SimulatedMachine machine(2);
    machine.serial_share = 1.2;  // two threads are slower than one
    StepThreads threads({2, 2, true, is_measured}, machine);
    CHECK_EQUAL(decode(threads, machine, 400).n_last, is_measured ? 2 : 1);
    machine.busy = 1;
    decode(threads, machine, 100);
    CHECK_EQUAL(decode(threads, machine, 100).n_last, 1);
    machine.busy = 0;
    decode(threads, machine, 100);
    CHECK_EQUAL(decode(threads, machine, 400).n_last, is_measured ? 2 : 1);
  }
}

void test_a_deeper_conversation_is_not_mistaken_for_a_neighbour() {
  SimulatedMachine machine(2);
  machine.tells_load = false;
  StepThreads threads(adaptive(2), machine);
  for (int i = 0; i < 20; ++i) {
    decode(threads, machine, 30, 50);
    CHECK_EQUAL(decode(threads, machine, 5, 3000).n_last, 2);
  }
}

void test_a_fixed_number_stays() {
  SimulatedMachine machine(2);
  machine.busy = 2;
  StepThreads threads({2, 4, false}, machine);
  CHECK_EQUAL(decode(threads, machine, 300).n_last, 2);
  CHECK_EQUAL(threads.begin(512), 4);
}

void test_prompts_have_a_number_of_their_own() {
  SimulatedMachine machine(2);
  StepThreads threads({1, 2, true}, machine);
  CHECK_EQUAL(threads.begin(512), 2);
  CHECK_EQUAL(threads.begin(1), 1);
}

void test_only_like_steps_are_compared() {
  StepHistory history;
  for (int i = 0; i < 3; ++i) history.add(2, {0.010, 1, 100});
  CHECK_EQUAL(history.ratio(2, Step{0.020, 1, 110}).value_or(0), 2.0);
  CHECK(!history.ratio(1, Step{0.020, 1, 110}));
  CHECK(!history.ratio(2, Step{0.020, 2, 110}));
  CHECK(!history.ratio(2, Step{0.020, 1, 900}));
  history.clear(2);
  CHECK(!history.ratio(2, Step{0.020, 1, 110}));
}

}  // namespace

int main() {
  test_alone_every_core_is_used();
  test_busy_neighbours_cost_their_share();
  test_neighbours_that_come_between_requests_are_seen_at_once();
  test_who_works_only_while_the_model_rests_takes_nothing();
  test_short_runs_see_neighbours_too();
  test_more_threads_than_free_cores_are_never_tried();
  test_free_hyper_threads_are_tried();
  test_niced_neighbours_that_yield_take_nothing();
  test_niced_neighbours_that_do_not_yield_are_found_out();
  test_without_a_load_to_read_step_times_decide();
  test_a_second_thread_that_does_not_pay_is_dropped();
  test_what_was_measured_alone_is_not_tried_again();
  test_a_deeper_conversation_is_not_mistaken_for_a_neighbour();
  test_a_fixed_number_stays();
  test_prompts_have_a_number_of_their_own();
  test_only_like_steps_are_compared();
  return electron_local_test::n_failures;
}
