#pragma once

#include <stdexcept>

namespace autonet {

/// The base of all exceptions that the library throws. The text says, in order: what was being
/// done, what disagrees, both numbers, both shapes, the way out. The library never prints and never
/// exits.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A model or an option is wrong; the caller must change it. Trying again does not help.
class ModelError : public Error {
 public:
  using Error::Error;
};

/// A file of data or a checkpoint is missing, damaged or does not fit; the model may be right.
class DataError : public Error {
 public:
  using Error::Error;
};

}  // namespace autonet
