#pragma once

#include <array>
#include <span>

#include "autonet/ops/activation.h"
#include "autonet/ops/arithmetic.h"
#include "autonet/ops/compare.h"
#include "autonet/ops/math.h"
#include "ops/cpu/elementwise.h"

namespace autonet::internal {

template <typename... A, typename... B, typename... C, typename... D>
FunctionList<A..., B..., C..., D...> join(FunctionList<A...>, FunctionList<B...>,
                                          FunctionList<C...>, FunctionList<D...>) {
  return {};
}

/// Every elementwise function. Its position here is its cpu::Function.
using ElementwiseFunctions = decltype(join(ArithmeticFunctions(), MathFunctions(),
                                           ActivationFunctions(), ComparisonFunctions()));

/// What the struct of a function says, without the type of the struct.
struct FunctionRow {
  std::string_view name;
  cpu::Function function{};
  int inputs = 1;
  bool chooses_by_sign = false;
  bool chooses_by_order = false;
  std::array<bool, 2> linear{};  ///< In each input.
  /// The rule for each input; null if there is no derivative.
  std::array<Var (*)(std::span<const Var> in, Var y, Var ybar, double c), 2> vjp{};
  /// f of one or two complex numbers.
  Complex (*value)(std::span<const Complex> in, double c) = nullptr;
};

/// The routine of the function of that name. Throws Error if no list has one.
inline cpu::Function function(std::string_view name) {
  return find_function(name).function;
}

}  // namespace autonet::internal
