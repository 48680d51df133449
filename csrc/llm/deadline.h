// What a request is told that took too long.
#pragma once

#include <exception>

#include "llm/job.h"

namespace electron_local {

// A DeadlineExceeded that says how far the job had come.
std::exception_ptr deadline_error(const Job& job);

}  // namespace electron_local
