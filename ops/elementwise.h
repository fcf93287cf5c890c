#pragma once

#include <memory>
#include <string_view>

#include "autograd/var.h"
#include "ops/cpu/elementwise.h"

namespace autonet {

/// An op y = f(x), element by element, in one line: its name, its routine and its rule.
struct UnaryRule {
  std::string_view name;
  cpu::Unary function;
  /// xbar from x, y and ybar; c is the op's constant. Null: no derivative.
  Var (*xbar)(Var x, Var y, Var ybar, double c) = nullptr;
  bool linear = false;
};

/// Records y = f(x) with the constant c. `rule` must outlive the tape (a static table's row).
Var record_unary(const UnaryRule& rule, Var x, double c = 0.0);

/// An op y = f(a, b), element by element with NumPy's broadcasting.
struct BinaryRule {
  std::string_view name;
  cpu::Binary function;
  /// Cotangents, of y's shape: the sum over broadcast axes is taken afterwards. A null one means
  /// that the op has no derivative in that input.
  Var (*abar)(Var a, Var b, Var y, Var ybar, double c) = nullptr;
  Var (*bbar)(Var a, Var b, Var y, Var ybar, double c) = nullptr;
  bool linear_in_a = false;
  bool linear_in_b = false;
};

/// Records y = f(a, b). Throws Error if the dtypes differ or the shapes do not broadcast.
Var record_binary(const BinaryRule& rule, Var a, Var b, double c = 0.0);

}  // namespace autonet
