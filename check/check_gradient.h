#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "autonet/autograd/array.h"
#include "autonet/check/report.h"

namespace autonet {

/// A function of one or more arrays, written by a host in any way. The arrays are f64, with the
/// shapes of x0; the function must give the same value each time.
using ScalarFunction = std::function<double(std::span<const Array> xs)>;
/// The gradient of such a function: one array for each x, of its shape.
using GradientFunction = std::function<std::vector<Array>(std::span<const Array> xs)>;
/// The forward pass of a layer: y of any shape.
using LayerForward = std::function<Array(std::span<const Array> xs)>;
/// Its backward pass: from ybar, the gradient by y, to the gradient by each x.
using LayerBackward =
    std::function<std::vector<Array>(std::span<const Array> xs, const Array& ybar)>;

/// How check_gradient works.
struct CheckGradientOptions {
  std::vector<std::string> names = {};  ///< Names of the arrays; empty: "x", or "x0", "x1", …
  std::uint64_t seed = 1;               ///< Seed of directions, cotangents and samples.
  double rtol = 1e-6;                   ///< Allowed error, relative to the larger number.
  double atol = 1e-9;                   ///< Allowed absolute error of single elements.
  Index max_elements = 200;             ///< Elements of each array moved one by one, at 41 calls
                                        ///< of f each; a sample of more.
  Index batch = 0;                      ///< The batch size, to recognise as a factor; 0: unknown.
  /// The caller sets it to end the check early, with a report of what was checked by then.
  const std::atomic<bool>* stop = nullptr;
  /// Called with a description of each part of the work, to show progress.
  std::function<void(const std::string&)> progress = {};
};

/// Checks a gradient that was not recorded on a tape: written by hand, or taken from another
/// library. `f` and `gradient` are called at x0 and near it.
///
/// Each array is moved along a random direction u, and element by element (or a sample of them).
/// Two tests compare f with the claimed slope s = <gradient, u>:
/// - differences at twenty steps, of which those are taken where the slope changes least. What
///   rounding in f hides counts as not compared. At a kink, any slope between the one-sided slopes
///   is right;
/// - the order at which the Taylor remainder |f(x + h u) - f(x) - h s| falls as h gets smaller: 2
///   or more if s is right, 1 if it is not, whatever the size of x or f. It is reported for each
///   array; where s is within `rtol` but the order is 1, a note says so.
///
/// The report says what is wrong: a factor, a flip, an exchange of axes, a border, one index. A
/// value that is not finite, a gradient of another shape, and an f that gives another value when
/// called again are failures. Throws Error if an array is not f64, there is none, or the number of
/// names or of gradients is another than that of the arrays.
CheckReport check_gradient(const ScalarFunction& f, const GradientFunction& gradient,
                           std::span<const Array> x0, const CheckGradientOptions& options = {});

/// The same for a layer: y is multiplied by a random cotangent ybar and summed, and ybar is given
/// to the backward pass.
CheckReport check_gradient(const LayerForward& forward, const LayerBackward& backward,
                           std::span<const Array> x0, const CheckGradientOptions& options = {});

}  // namespace autonet
