#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "autograd/array.h"
#include "autograd/context.h"
#include "autograd/op.h"
#include "autograd/tape.h"
#include "autograd/var.h"
#include "check/report.h"

namespace autonet {

/// Records y from placeholders, which have the points' shapes; called several times, each time on a
/// fresh tape, and for the comparison of both precisions once with placeholders of f32.
using Recording = std::function<Var(Tape&, std::span<const Var>)>;

struct CheckGradOptions {
  std::uint64_t seed = 1;         // of directions, cotangents and the sample of elements
  double rtol = 1e-6;             // of differences, relative to the larger of both numbers
  double atol = 1e-9;             // of differences, absolute; below it a number counts as zero
  Index max_elements = 2000;      // compared one by one in each tensor, at random where it has more
  double element_work = 0.0;      // and no more than so many multiply-adds for it; 0: no bound
  int order = 1;                  // 2: the gradient's gradient too
  bool precision = true;          // compare f32 with f64, where the recording allows it
  std::vector<std::string> only;  // names of points, or "conv_1" for "conv_1/…"; empty: all
  Context* context = nullptr;     // where to compute; one thread if null
  const std::atomic<bool>* stop = nullptr;  // set by the caller: report what is known by then
  bool stopped() const { return stop != nullptr && stop->load(); }
  /// Told what is being done, for progress on long work.
  std::function<void(const std::string&)> progress;
};

/// Checks the gradient of y by the recorded rules, in f64, against everything that can tell it
/// without them. y may have any shape: it is contracted with a random cotangent.
///
/// For each point: along a random direction against forward mode, the complex step and central
/// differences; element by element (or a sample) against differences. For each call: its rules at
/// its own inputs, and exactly, on whole numbers, where it is linear. For the whole: the same bits
/// twice, each convolution by two methods, f32 against f64, and at order 2 all of it for the
/// gradient, whose own derivative is symmetric. docs/check-grad.md says what each proves.
///
/// An infinity or NaN in y or its gradient fails, one a step away leaves that unmeasured; slopes at
/// kinks may be any between the one-sided ones; rounding is measured, and what it hides counts as
/// not compared. Throws Error if a point is not f64, the names do not fit, or order is not 1 or 2.
CheckReport check_grad(const Recording& f, std::span<const Array> points,
                       std::span<const std::string> names, const CheckGradOptions& options = {});

/// The same for one op, on these inputs: `CHECK(check_op(std::make_shared<MyOp>(), {x, w}))`.
/// Inputs without a derivative (labels) are held still.
CheckReport check_op(std::shared_ptr<const Op> op, std::span<const Array> inputs,
                     const CheckGradOptions& options = {});
CheckReport check_op(std::shared_ptr<const Op> op, std::initializer_list<Array> inputs,
                     const CheckGradOptions& options = {});

}  // namespace autonet
