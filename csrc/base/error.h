// The error tree of the core. Every message says what is wrong, the bad value and the limit.
#pragma once

#include <stdexcept>
#include <string>

namespace electron_local {

class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The caller passed a value outside its documented range.
class InvalidArgument : public Error {
 public:
  using Error::Error;
};

// A model file is missing, damaged, or of a kind that the runtime cannot run.
class ModelLoadError : public Error {
 public:
  using Error::Error;
};

// A request does not fit into the context.
class ContextLengthExceeded : public Error {
 public:
  using Error::Error;
};

// The queue is full, or the engine is closed.
class Unavailable : public Error {
 public:
  using Error::Error;
};

// A request's deadline passed before its answer was complete.
class DeadlineExceeded : public Error {
 public:
  using Error::Error;
};

// libllama failed where it should not have.
class DecodeError : public Error {
 public:
  using Error::Error;
};

}  // namespace electron_local
