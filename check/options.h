#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "autonet/autograd/array.h"
#include "autonet/autograd/context.h"
#include "autonet/autograd/shape.h"
#include "autonet/check/recording.h"

namespace autonet {

/// The same computation in another use, at another batch size or in evaluation: what depends on the
/// size of the arrays is checked there too, and f32 against f64.
struct OtherUse {
  std::string name;           ///< in reports: "batch of 100"
  Recording f;                ///< the computation
  std::vector<Array> points;  ///< as many as the check has, f64
  bool gradient = true;       ///< false: only its value is used
};

/// How check_grad, check_op and check_the_check work.
struct CheckGradOptions {
  std::uint64_t seed = 1;     ///< Seed of directions, cotangents and the sample of elements.
  double rtol = 1e-6;         ///< Allowed error of differences, relative to the larger number.
  double atol = 1e-9;         ///< Allowed absolute error of differences; smaller numbers are zero.
  Index max_elements = 2000;  ///< Elements of each tensor moved one by one; a sample of more.
  /// Bound on the multiply-adds spent on the elements of one tensor; 0: no bound.
  double element_work = 0.0;
  int order = 1;                    ///< 2: also check the gradient of the gradient.
  bool precision = true;            ///< Compare f32 with f64, where the recording runs in f32.
  std::vector<OtherUse> uses = {};  ///< Further uses of the computation.
  /// Names of the points to check: whole names, or "conv_1" for all "conv_1/…". Empty: all.
  std::vector<std::string> only = {};
  Context* context = nullptr;  ///< Where to compute; null: one thread.
  /// The caller sets it to end the check early, with a report of what was checked by then.
  const std::atomic<bool>* stop = nullptr;
  /// Called with a description of each part of the work, to show progress.
  std::function<void(const std::string&)> progress = {};

  /// Reports progress.
  void tell(const std::string& what) const {
    if (progress) progress(what);
  }
  /// True if the caller asked to stop.
  bool stopped() const { return stop != nullptr && stop->load(); }
};

}  // namespace autonet
