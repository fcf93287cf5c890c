#pragma once

#include <exception>
#include <new>
#include <optional>
#include <string>

namespace autonet::internal {

/// Runs `work` and returns the message of the exception that it throws; nothing if it throws none.
/// For code that may leave the domain of an op. std::bad_alloc is not caught: running out of memory
/// says nothing about the op.
template <typename Work>
std::optional<std::string> error_of(const Work& work) {
  try {
    work();
    return std::nullopt;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    return error.what();
  }
}

}  // namespace autonet::internal
