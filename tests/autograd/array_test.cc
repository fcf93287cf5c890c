#include "autonet/autograd/array.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>

#include "autonet/autograd/eigen.h"
#include "autonet/autograd/error.h"
#include "autonet/autograd/random.h"

namespace autonet {
namespace {

/// 0, 1, 2, … in row-major order.
Array counted(const Shape& shape) {
  Array array = Array::uninitialized({shape, DType::f64});
  for (Index i = 0; i < array.size(); ++i) array.data<double>()[i] = static_cast<double>(i);
  return array;
}

}  // namespace

TEST_CASE("shape: text, size, errors") {
  CHECK(Shape{8, 28, 28, 3}.str() == "[8,28,28,3]");
  CHECK(Shape{}.str() == "[]");
  CHECK(Shape{}.size() == 1);
  CHECK(Shape{3, 0}.size() == 0);
  CHECK_THROWS_WITH_AS((Shape{2, -1}), "shape: lengths must not be negative, got [2,-1]", Error);
  CHECK_THROWS_AS((Shape{1, 1, 1, 1, 1, 1, 1}), Error);
  CHECK_THROWS_AS((Shape{Index{1} << 40, Index{1} << 40}), Error);
  CHECK_THROWS_AS((Shape{0, Index{1} << 40, Index{1} << 40}), Error);
  CHECK_THROWS_WITH_AS((void)(Shape{2, 3})[2], "shape: axis 2 is outside [2,3]", Error);
  CHECK(normal_axis(-1, 3, "sum") == 2);
  CHECK_THROWS_WITH_AS(normal_axis(3, 3, "sum"), "sum: axis 3 is outside an array of 3 axes",
                       Error);
}

TEST_CASE("fresh arrays are aligned, contiguous and of the requested dtype") {
  const Array a = Array::full({{3, 5}, DType::f32}, 2.5);
  CHECK(reinterpret_cast<std::uintptr_t>(a.raw()) % 64 == 0);
  const Array few = Array::full({{2}, DType::f64}, 1.5);
  CHECK(reinterpret_cast<std::uintptr_t>(few.raw()) % 16 == 0);
  CHECK(few.to_vector() == std::vector<double>{1.5, 1.5});
  CHECK(a.is_contiguous());
  CHECK(a.at({2, 4}) == 2.5);
  CHECK_THROWS_WITH_AS((void)a.data<double>(),
                       "array: asked for f64 data of an f32 array [3,5]; convert it with to()",
                       Error);
  CHECK_THROWS_WITH_AS((void)a.at({3, 0}), "array: position (3,0) is outside [3,5]", Error);
  CHECK_THROWS_WITH_AS((void)a.item(), "array: item() needs exactly one element, got [3,5]", Error);
  CHECK_THROWS_WITH_AS(Array::from<double>({2, 2}, {1, 2, 3}),
                       "array: 3 values given for shape [2,2], which holds 4", Error);
}

TEST_CASE("views share the storage") {
  Array a = counted({2, 3});
  const int rows[] = {0};
  const int both[] = {0, -1};
  CHECK(a.flip(rows).to_vector() == std::vector<double>{3, 4, 5, 0, 1, 2});
  CHECK(a.flip(both).to_vector() == std::vector<double>{5, 4, 3, 2, 1, 0});
  CHECK(a.flip(both).stride(1) == -1);
  CHECK(a.swap_axes(0, 1).to_vector() == std::vector<double>{0, 3, 1, 4, 2, 5});
  CHECK(a.slice(1, 2, 2, -2).to_vector() == std::vector<double>{2, 0, 5, 3});
  CHECK(a.slice(1, 0, 1).broadcast_to({2, 2, 2}).to_vector() ==
        std::vector<double>{0, 0, 3, 3, 0, 0, 3, 3});
  Array view = a.swap_axes(0, 1);
  view.set({2, 0}, 42.0);
  CHECK(a.at({0, 2}) == 42.0);
  CHECK_THROWS_AS(a.slice(1, 1, 3), Error);
  CHECK_THROWS_AS(a.slice(1, 1, 3, -1), Error);
  CHECK_THROWS_WITH_AS(a.broadcast_to({2, 4}), "broadcast_to: [2,3] does not broadcast to [2,4]",
                       Error);
}

TEST_CASE("a slice outside the axis is an error, also where its end overflows") {
  constexpr Index kMost = std::numeric_limits<Index>::max();
  constexpr Index kLeast = std::numeric_limits<Index>::min();
  const Array a = counted({2, 3});
  CHECK_THROWS_WITH_AS(
      a.slice(1, 0, kMost, kMost),
      "slice: start 0, length 9223372036854775807, step 9223372036854775807 leaves axis 1 of [2,3]",
      Error);
  for (const Index start : {kLeast, Index{-1}, Index{0}, Index{2}, Index{3}, kMost}) {
    for (const Index length : {kLeast, Index{-1}, Index{2}, kMost}) {
      for (const Index step : {kLeast, kLeast + 1, Index{-3}, Index{0}, Index{3}, kMost}) {
        CHECK_THROWS_AS(a.slice(1, start, length, step), Error);
      }
    }
  }
  // The step of a single element, or of none, does not matter.
  CHECK(a.slice(1, 2, 1, kLeast).to_vector() == std::vector<double>{2, 5});
  CHECK(a.slice(1, 0, 1, kMost).to_vector() == std::vector<double>{0, 3});
  CHECK(a.slice(1, kMost, 0, kMost).to_vector().empty());
}

TEST_CASE("an array without data can be asked for its shape only") {
  const Array none;
  Array target;
  CHECK_FALSE(none.has_data());
  CHECK(none.shape() == Shape{});
  CHECK_THROWS_WITH_AS((void)none.item(), "array: the array has no data", Error);
  CHECK_THROWS_WITH_AS((void)none.at({}), "array: the array has no data", Error);
  CHECK_THROWS_WITH_AS(target.set({}, 1.0), "array: the array has no data", Error);
  CHECK_THROWS_WITH_AS(target.fill(1.0), "fill: the array has no data", Error);
  CHECK_THROWS_WITH_AS((void)none.to_vector(), "copy: the array has no data", Error);
  CHECK_THROWS_WITH_AS((void)none.clone(), "copy: the array has no data", Error);
  CHECK_THROWS_WITH_AS((void)none.broadcast_to({2, 3}).contiguous(), "copy: the array has no data",
                       Error);
  CHECK_THROWS_WITH_AS(target.copy_from(Array::scalar(1.0)), "copy: the array has no data", Error);
  CHECK_THROWS_WITH_AS((void)counted({2, 3}).stride(2), "shape: axis 2 is outside [2,3]", Error);
  CHECK_THROWS_AS((void)counted({2, 3}).stride(-1), Error);
}

TEST_CASE("reshape gives the same elements, as a view wherever the strides allow it") {
  constexpr std::uint64_t kSeed = 5;
  CAPTURE(kSeed);
  Random random(kSeed);
  int views = 0;
  int copies = 0;
  for (int trial = 0; trial < 4000; ++trial) {
    std::vector<Index> lengths;
    for (std::uint64_t axis = random.below(4) + 1; axis > 0; --axis) {
      lengths.push_back(static_cast<Index>(random.below(4)) + 1);
    }
    Array a = counted(Shape(lengths));
    for (int change = 0; change < 2; ++change) {
      const int axis = static_cast<int>(random.below(static_cast<std::uint64_t>(a.rank())));
      const int other = static_cast<int>(random.below(static_cast<std::uint64_t>(a.rank())));
      const Index n = a.shape()[axis];
      switch (random.below(4)) {
        case 0:
          a = a.swap_axes(axis, other);
          break;
        case 1:
          a = a.flip(std::span<const int>(&axis, 1));
          break;
        case 2:
          a = a.slice(axis, 0, (n + 1) / 2, 2);
          break;
        default:
          if (n == 1) a = a.broadcast_to(a.shape().with(axis, 3));
      }
    }
    // The new shape: a random factorisation of the size.
    std::vector<Index> target;
    Index rest = a.size();
    while (rest > 1 && target.size() < 4) {
      Index factor = static_cast<Index>(random.below(static_cast<std::uint64_t>(rest))) + 1;
      while (rest % factor != 0) --factor;
      target.push_back(factor);
      rest /= factor;
    }
    target.push_back(rest);
    const Shape shape(target);
    INFO(a.shape().str() << " to " << shape.str());
    const std::vector<double> expected = a.to_vector();
    if (const auto view = a.reshape_view(shape)) {
      ++views;
      CHECK(view->to_vector() == expected);
      CHECK(view->shape() == shape);
    } else {
      ++copies;
    }
    CHECK(a.reshape(shape).to_vector() == expected);
  }
  CHECK(views > 1000);
  CHECK(copies > 100);
  CHECK_THROWS_WITH_AS(counted({2, 3}).reshape({4}),
                       "reshape: [2,3] holds 6 elements, but [4] holds 4", Error);
}

TEST_CASE("copies convert the dtype and keep the row-major order") {
  const Array a = counted({2, 3}).swap_axes(0, 1);
  const Array b = a.to(DType::f32);
  CHECK(b.is_contiguous());
  CHECK(b.to_vector() == std::vector<double>{0, 3, 1, 4, 2, 5});
  Array c = Array::zeros({{3, 2}, DType::f64});
  c.copy_from(b);
  CHECK(c.to_vector() == b.to_vector());
  CHECK_THROWS_WITH_AS(c.copy_from(counted({2, 3})), "copy: shapes disagree: [3,2] from [2,3]",
                       Error);
}

TEST_CASE("an array may be copied onto a part of itself") {
  Array a = counted({5});
  const int axes[] = {0};
  a.copy_from(a.flip(axes));
  CHECK(a.to_vector() == std::vector<double>{4, 3, 2, 1, 0});
  Array square = counted({2, 2});
  square.copy_from(square.swap_axes(0, 1));
  CHECK(square.to_vector() == std::vector<double>{0, 2, 1, 3});

  constexpr std::uint64_t kSeed = 9;
  CAPTURE(kSeed);
  Random random(kSeed);
  for (int trial = 0; trial < 2000; ++trial) {
    // Two views of the same length within one block of 40 numbers.
    Array block = counted({40});
    const auto view = [&](Index length) {
      const Index step = static_cast<Index>(random.below(3)) + 1;
      const Index start =
          static_cast<Index>(random.below(static_cast<std::uint64_t>(40 - (length - 1) * step)));
      const Array part = block.slice(0, start, length, step);
      return random.below(2) == 0 ? part.flip(axes) : part;
    };
    const Index length = static_cast<Index>(random.below(13)) + 1;
    Array to = view(length);
    Array from = view(length);
    if (trial % 4 == 0) from = from.slice(0, 0, 1).broadcast_to({length});
    const std::vector<double> expected = from.to_vector();
    to.copy_from(from);
    CHECK(to.to_vector() == expected);
  }
}

TEST_CASE("broadcasting follows NumPy") {
  CHECK(broadcast_shapes({2, 1, 5}, {3, 1}, "add") == Shape{2, 3, 5});
  CHECK(broadcast_shapes({}, {4}, "add") == Shape{4});
  CHECK(broadcast_shapes({0, 1}, {3}, "add") == Shape{0, 3});
  CHECK_THROWS_WITH_AS(
      broadcast_shapes({2, 3}, {2}, "add"),
      "add: shapes do not broadcast: axis 1 has 3 and 2; the shapes are [2,3] and [2]", Error);
}

TEST_CASE("Eigen maps use the same numbers and strides") {
  Array a = counted({2, 3});
  CHECK(as_eigen<double>(a).row(1).sum() == 12.0);
  Array transposed = a.swap_axes(0, 1);
  CHECK(as_eigen<double>(transposed)(2, 1) == 5.0);
  as_eigen<double>(transposed)(0, 1) = -1.0;
  CHECK(a.at({1, 0}) == -1.0);
  const Eigen::Matrix2f m = (Eigen::Matrix2f() << 1, 2, 3, 4).finished();
  CHECK(from_eigen(m).to_vector() == std::vector<double>{1, 2, 3, 4});
  Array images = counted({1, 2, 3});
  CHECK_THROWS_WITH_AS(as_eigen<double>(images), "as_eigen: needs one or two axes, got [1,2,3]",
                       Error);
}

}  // namespace autonet
