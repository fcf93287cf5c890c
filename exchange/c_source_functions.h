#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>

#include "autonet/autograd/array.h"

namespace autonet::internal {

/// What the emitted code is made for.
struct CKind {
  DType dtype = DType::f32;
  int axes = 1;  ///< the most axes of any of its arrays
};

/// The C functions of these names, and those that they call, in an order in which each is defined
/// before its first use. A name "each_OP" is that of an elementwise function; "@" in a text becomes
/// the ending of the functions of <math.h>. Throws Error for a name that there is none of.
std::string c_functions(const std::set<std::string>& names, const CKind& kind);

/// The functions of <math.h> that code calls, "expf, logf"; empty if it calls none.
std::string math_functions_in(std::string_view code);

/// The names of all C functions.
std::set<std::string> c_function_names();

/// True if there is a function of that name.
bool has_c_function(std::string_view name);

}  // namespace autonet::internal
