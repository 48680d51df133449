#include "llm/deadline.h"

#include <string>

#include "base/error.h"

namespace electron_local {

std::exception_ptr deadline_error(const Job& job) {
  std::string where = "while the request waited";
  if (job.sequence.n_completion() > 0) {
    where = "after " + std::to_string(job.sequence.n_completion()) + " tokens of the answer";
  } else if (job.was_admitted) {
    where = "after " + std::to_string(job.sequence.n_evaluated()) + " of " +
            std::to_string(job.usage.prompt_tokens) + " prompt tokens";
  }
  return std::make_exception_ptr(DeadlineExceeded("the request's deadline passed " + where));
}

}  // namespace electron_local
