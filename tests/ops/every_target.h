#pragma once

// What the tests of the routines share: arrays in unusual layouts, errors, and every instruction
// set.

#include <doctest/doctest.h>

#include <hwy/targets.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "autonet/autograd/array.h"
#include "autonet/autograd/random.h"
#include "autonet/ops/window.h"

namespace autonet {

inline Index draw(Random& random, Index low, Index high) {
  return low + static_cast<Index>(random.below(static_cast<std::uint64_t>(high - low + 1)));
}

inline Array normal(const Shape& shape, DType dtype, Random& random) {
  Array values = Array::uninitialized({shape, DType::f64});
  for (Index i = 0; i < values.size(); ++i) values.data<double>()[i] = random.normal();
  return values.to(dtype);
}

/// The same numbers in another layout: axes stored in a random order, some of them backwards.
inline Array strange(const Array& a, Random& random) {
  std::vector<int> order(static_cast<size_t>(a.rank()));
  for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int>(i);
  for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
  std::vector<int> inverse(order.size());
  for (size_t i = 0; i < order.size(); ++i)
    inverse[static_cast<size_t>(order[i])] = static_cast<int>(i);
  Array stored = a.permute(order).clone();
  std::vector<int> backwards;
  for (int axis = 0; axis < a.rank(); ++axis) {
    if (random.below(2) == 0) backwards.push_back(axis);
  }
  return stored.flip(backwards).clone().flip(backwards).permute(inverse);
}

inline void check_close(const Array& got, const Array& expected, double tolerance) {
  const std::vector<double> a = got.to_vector();
  const std::vector<double> b = expected.to_vector();
  double worst = 0.0;
  for (size_t i = 0; i < a.size(); ++i) {
    worst = std::max(worst, std::abs(a[i] - b[i]) / std::max(1.0, std::abs(b[i])));
  }
  CHECK(worst <= tolerance);
}

inline Window margins(Index top, Index bottom, Index left, Index right) {
  return {.rows = {.lo = top, .hi = bottom}, .cols = {.lo = left, .hi = right}};
}

/// x [N,H,W,C] as the [C,H,W,N] that a weight gradient slides over.
inline Array images_of(const Array& x) {
  return x.permute(std::vector<int>{3, 1, 2, 0});
}
/// ybar [N,H,W,K] as the kernel [H,W,N,K] of a weight gradient.
inline Array kernel_of(const Array& ybar) {
  return ybar.permute(std::vector<int>{1, 2, 0, 3});
}

/// An output with memory behind it in which nothing may be written.
class GuardedOutput {
 public:
  explicit GuardedOutput(const ArrayType& type)
      : room_(Array::full({{type.shape.size() + 64}, type.dtype}, 7.0)),
        array(Array::wrap(room_.raw(), type, nullptr)) {}

  /// True if the memory behind the output is as it was.
  bool untouched() const {
    const std::vector<double> numbers = room_.to_vector();
    return std::all_of(numbers.begin() + array.size(), numbers.end(),
                       [](double number) { return number == 7.0; });
  }

 private:
  Array room_;

 public:
  Array array;
};

/// max|a - b| / max|b|.
inline double relative_error(const Array& a, const Array& b) {
  const std::vector<double> got = a.to_vector();
  const std::vector<double> expected = b.to_vector();
  double worst = 0.0;
  double largest = 0.0;
  for (size_t i = 0; i < got.size(); ++i) {
    // Not std::max, which ignores a NaN.
    if (!(std::abs(got[i] - expected[i]) <= worst)) worst = std::abs(got[i] - expected[i]);
    largest = std::max(largest, std::abs(expected[i]));
  }
  return worst == 0.0 ? 0.0 : worst / largest;
}

/// task() at each instruction set that this build has code for and this machine has.
template <typename Task>
void at_every_target(Task task) {
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().DeInit();  // the next call chooses again
    INFO("instruction set " << std::string(hwy::TargetName(target)));
    task();
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().DeInit();
}

}  // namespace autonet
