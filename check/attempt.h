#pragma once

#include <functional>
#include <optional>
#include <string>

namespace autonet::internal {

/// Runs `work` and returns the message of the exception that it throws; nothing if it throws none.
/// For code that may leave the domain of an op. std::bad_alloc is not caught: running out of memory
/// says nothing about the op.
std::optional<std::string> error_of(const std::function<void()>& work);

}  // namespace autonet::internal
