#pragma once

#include <span>
#include <string>
#include <string_view>

namespace autonet::internal {

/// An elementwise function as a C expression of the numbers a and b and the constant c. "@" stands
/// for the ending of functions of <math.h>: "f" for float.
struct CExpression {
  std::string_view name;     ///< of the op
  int inputs;                ///< 1 or 2
  std::string_view formula;  ///< for the comment
  std::string_view value;
  bool constant = false;  ///< true if it reads c
};

std::span<const CExpression> all_expressions();
/// Null if there is none for an op of that name.
const CExpression* find_expression(std::string_view op);

/// The C function "each_NAME" of an elementwise function.
std::string elementwise_function(const CExpression& expression);

}  // namespace autonet::internal
