#pragma once

#include <initializer_list>
#include <memory>
#include <span>
#include <string>

#include "autonet/autograd/array.h"
#include "autonet/autograd/op.h"
#include "autonet/check/options.h"
#include "autonet/check/recording.h"
#include "autonet/check/report.h"

namespace autonet {

/// Checks the gradient that the recorded rules give for y = f(points), in f64, against evidence
/// that does not use the rules. y may have any shape: it is multiplied by a random cotangent and
/// summed. `names` has one name for each point.
///
/// Each point is checked along a random direction and element by element (or a sample of them),
/// against the complex step. Each rule is checked by itself, with differences of
/// its forward code, and on whole numbers without tolerance where it is linear. Further checks:
/// running twice gives the same bits, differences of y along one direction of all points, both
/// methods of convolution agree, each step in f32 agrees with f64, and the other uses in `options`.
/// At order 2 the gradient is checked in the same way. docs/check-grad.md says what each proves.
///
/// An infinity or NaN in y or its gradient is a failure. At a kink of an op without a complex step,
/// any slope between the one-sided slopes is accepted. Rounding is measured; what it hides counts
/// as not compared. Throws Error if a point is not f64, the names do not fit, or an option is out
/// of range.
CheckReport check_grad(const Recording& f, std::span<const Array> points,
                       std::span<const std::string> names, const CheckGradOptions& options = {});

/// Checks one op at these inputs: `CHECK(check_op(std::make_shared<MyOp>(), {x, w}))`. The tensors
/// are named "input 0", "input 1", …; inputs without a derivative (labels) are held constant.
CheckReport check_op(std::shared_ptr<const Op> op, std::span<const Array> inputs,
                     const CheckGradOptions& options = {});
/// The same with the inputs as a list.
CheckReport check_op(std::shared_ptr<const Op> op, std::initializer_list<Array> inputs,
                     const CheckGradOptions& options = {});

}  // namespace autonet
