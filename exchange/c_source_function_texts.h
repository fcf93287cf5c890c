#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace autonet::internal {

/// A C function: its text begins with a line end, which is dropped, and its comment.
struct CFunction {
  std::string_view name;
  std::vector<std::string_view> needs;  ///< functions that it calls
  std::string_view text;
};

/// Functions that look at arrays: their size, their rows, and views of them.
std::span<const CFunction> view_functions();
/// Products and sums, copies, losses and updates.
std::span<const CFunction> op_functions();
/// Exponentials and logarithms.
std::span<const CFunction> math_functions();
/// Networks in bytes.
std::span<const CFunction> int8_functions();
/// Convolutions, poolings and patches.
std::span<const CFunction> layer_functions();

}  // namespace autonet::internal
