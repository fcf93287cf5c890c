#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "autograd/context.h"
#include "autograd/tape.h"
#include "autograd/var.h"

namespace autonet {

/// passed: everything that was checked agrees, and something that is not zero was checked.
/// inconclusive: nothing disagrees, but all was zero on both sides or lay on kinks.
enum class Verdict { passed, failed, inconclusive };

struct CheckGradOptions {
  std::uint64_t seed = 1;      // of directions and of the sample of elements
  double rtol = 1e-6;          // relative to the larger of both numbers
  double atol = 1e-9;          // for the whole: absolute
  Index max_elements = 2000;   // checked one by one in each tensor, at random where it has more
  int directions = 2;          // random directions a tensor, all elements at once
  Context* context = nullptr;  // where to compute; one thread if null
};

/// What was found of one tensor. "Numeric" is the change of y, "analytic" what the rules say.
struct TensorCheck {
  std::string name;
  Shape shape;
  Index checked = 0;  // elements compared one by one
  Index total = 0;
  Index kinks = 0;  // of those, where the one-sided slopes differ and the rule's lies between them
  Index zeros = 0;  // of those, where both sides were zero
  Index unclear = 0;  // of those, where rounding or a near kink hides the slope: not compared
  double worst_absolute = 0.0;        // |analytic - numeric|
  double worst_relative = 0.0;        // the same over the larger of both
  std::vector<Index> worst_position;  // of the largest relative error
  double analytic = 0.0;              // there
  double numeric = 0.0;
  double step = 0.0;             // of the difference used there
  double direction_error = 0.0;  // the largest relative error along a direction
  Verdict verdict = Verdict::passed;
  std::string diagnosis;  // where the numbers allow one
};

struct CheckReport {
  std::vector<TensorCheck> tensors;
  Verdict verdict = Verdict::passed;
};

/// Compares the gradient of a scalar by the recorded rules with differences of its values, in f64.
///
/// `f` records y from placeholders of the points' shapes; it is called once. Each element (or a
/// sample) is moved by itself, and each tensor along random directions, by central differences of
/// fourth order (Richardson's extrapolation); the step shrinks until two of them agree, which
/// passes by kinks that are only near. At a kink any slope between the one-sided ones is right.
/// Rounding is allowed for by its size, never more than 1 part in 10,000 of the slope along a
/// direction.
///
/// An infinity or NaN on either side fails.
///
/// Proves: the rules agree with the forward code, at this point. Does not prove: that the forward
/// code computes what was meant. Throws Error if y is not a scalar, a point is not f64, or two
/// forward passes differ.
CheckReport check_grad(const std::function<Var(Tape&, std::span<const Var>)>& f,
                       std::span<const Array> points, std::span<const std::string> names,
                       const CheckGradOptions& options = {});

/// The report as a table for people: for a test's message.
std::string to_text(const CheckReport& report);
const char* name_of(Verdict verdict);

}  // namespace autonet
