#pragma once

#include <stdexcept>
#include <string>

namespace autonet {

/// What every failure of the library is thrown as. The text says, in order: what was being done,
/// what disagrees, both numbers, both shapes, the way out. The library never prints and never
/// exits.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The model file or an argument is wrong: the command line ends with exit status 2.
class ModelError : public Error {
 public:
  using Error::Error;
};

/// A data set or a checkpoint is missing or damaged: the command line ends with exit status 3.
class DataError : public Error {
 public:
  using Error::Error;
};

}  // namespace autonet
