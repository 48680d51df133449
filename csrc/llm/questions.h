// The requests that answer what another request asks.
#pragma once

#include <memory>
#include <vector>

#include "llm/job.h"

namespace electron_local {

// One for each open way of an asking job that nobody was asked about; from then on it expects their answers.
std::vector<std::unique_ptr<Job>> make_questions(Job& asking);

}  // namespace electron_local
