#include "check/diagnosis.h"

#include <doctest/doctest.h>

#include "autonet/autograd/array.h"
#include "autonet/autograd/random.h"
#include "check/vectors.h"

namespace autonet::internal {
namespace {

/// Numbers without any pattern.
std::vector<double> numbers(const Shape& shape) {
  Random random(17, 4);
  std::vector<double> values(static_cast<size_t>(shape.size()));
  for (double& value : values) value = random.normal();
  return values;
}

std::string diagnose(const std::vector<double>& right, const std::vector<double>& claimed,
                     const Shape& shape, Index batch = 0) {
  std::vector<ElementSample> samples;
  for (size_t k = 0; k < right.size(); ++k) samples.push_back({static_cast<Index>(k), right[k]});
  return diagnose_elements(samples, claimed, shape, kByDifferences, batch);
}

std::vector<double> times(std::vector<double> values, double factor) {
  for (double& value : values) value *= factor;
  return values;
}

/// The right gradient seen through a view, as the claimed one.
std::vector<double> seen(const std::vector<double>& right, const Shape& shape,
                         Array (*view)(const Array&)) {
  return view(Array::from<double>(shape, right)).to_vector();
}

const Shape kKernel{3, 3, 2, 4};

}  // namespace

TEST_CASE("a right gradient has no diagnosis") {
  const auto right = numbers(kKernel);
  CHECK(diagnose(right, right, kKernel).empty());
}

TEST_CASE("factors: the sign, zero, the batch size, others") {
  const auto right = numbers({4, 5});
  CHECK(diagnose(right, times(right, -1), {4, 5}) == "the sign is wrong");
  CHECK(diagnose(right, times(right, 0), {4, 5}) ==
        "it is zero where y changes: a term is missing");
  CHECK(diagnose(right, times(right, 3), {4, 5}, 3) ==
        "it is 3 times too large, which is the batch size: a mean is missing");
  CHECK(diagnose(right, times(right, 1.0 / 3), {4, 5}, 3) ==
        "it is 3 times too small, which is the batch size: a mean is taken twice");
  CHECK(diagnose(right, times(right, 1.001), {4, 5}, 3) ==
        "it is 1.001 times the change of y: a factor is wrong");
  auto partly = right;
  partly[3] *= 2;
  partly[7] *= 2;
  CHECK(diagnose(right, partly, {4, 5}) ==
        "it is 2 times the change of y at every wrong element: a factor is wrong");
}

TEST_CASE("a kernel that is not flipped, with the axes of the flip") {
  const auto right = numbers(kKernel);
  const auto claimed = seen(right, kKernel, [](const Array& x) {
    const int axes[] = {0, 1};
    return x.flip(axes);
  });
  CHECK(diagnose(right, claimed, kKernel) ==
        "it is right except for a flip along axes 0 and 1: check that the kernel is flipped");
}

TEST_CASE("exchanged axes: a square matrix transposed, another one read in the old shape") {
  const auto square = numbers({4, 4});
  CHECK(diagnose(square, seen(square, {4, 4}, [](const Array& x) { return x.swap_axes(0, 1); }),
                 {4, 4}) == "it looks transposed: axes 0 and 1 are exchanged");
  const auto oblong = numbers({3, 5});
  CHECK(diagnose(oblong, seen(oblong, {3, 5}, [](const Array& x) { return x.swap_axes(0, 1); }),
                 {3, 5}) == "it looks transposed: axes 0 and 1 are exchanged");
}

TEST_CASE("errors only at the border, or only at one index") {
  const Shape images{2, 5, 4, 3};
  const auto right = numbers(images);
  auto claimed = right;
  auto one_image = right;
  for (size_t k = 0; k < right.size(); ++k) {
    const std::vector<Index> at = position_of(static_cast<Index>(k), images);
    if (at[1] == 0 || at[1] == 4 || at[2] == 0 || at[2] == 3)
      claimed[k] += 0.1 * right[(k * 7) % 40];
    if (at[0] == 1) one_image[k] += right[(k * 11) % 60];
  }
  CHECK(diagnose(right, claimed, images) == "it is wrong only at the border: check the padding");
  CHECK(diagnose(right, one_image, images) == "it is wrong only at index 1 of axis 0");
}

TEST_CASE("without a pattern, the wrong elements are counted") {
  const auto right = numbers({4, 5});
  auto claimed = right;
  for (const size_t k : {1u, 8u, 14u}) claimed[k] = right[(k * 3) % 20] + 0.3;
  CHECK(diagnose(right, claimed, {4, 5}) == "wrong at 3 of 20 elements compared");
}

}  // namespace autonet::internal
