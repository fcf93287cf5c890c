// Arrays over memory of the host, const Eigen maps, and printing.
#include <doctest/doctest.h>

#include <array>
#include <sstream>
#include <vector>

#include "autonet/autograd/eigen.h"
#include "autonet/autograd/error.h"
#include "autonet/autograd/grad.h"
#include "autonet/autograd/tape.h"
#include "autonet/ops/arithmetic.h"
#include "autonet/ops/conv2d.h"

namespace autonet {
namespace {

TEST_CASE("a view shares the host's numbers") {
  std::vector<float> numbers{1, 2, 3, 4, 5, 6};
  Array a = view(numbers, {2, 3});
  CHECK(a.dtype() == DType::f32);
  CHECK(a.at({1, 0}) == 4);
  a.set({1, 0}, 9);
  CHECK(numbers[3] == 9);
  numbers[0] = 7;
  CHECK(a.at({0, 0}) == 7);
  const std::vector<double> constant{1, 2};
  CHECK(view(constant, {2}).raw() == constant.data());
  std::array<double, 4> fixed{1, 2, 3, 4};
  CHECK(view(fixed, {2, 2}).at({1, 1}) == 4);
  CHECK(view(std::span<const double>(fixed).first(2), {2}).at({1}) == 2);
  CHECK(
      view(std::vector<float>().empty() ? std::span<float>() : std::span<float>(), {0, 3}).size() ==
      0);
  CHECK_THROWS_WITH_AS(view(numbers, {2, 2}),
                       "view: 6 numbers given for shape [2,2], which holds 4", Error);
}

TEST_CASE("a view of an Eigen matrix has its layout") {
  Eigen::MatrixXd columns(2, 3);  // column-major
  columns << 1, 2, 3, 4, 5, 6;
  Array a = view(columns);
  CHECK(a.shape() == Shape{2, 3});
  CHECK(a.to_vector() == std::vector<double>{1, 2, 3, 4, 5, 6});
  a.set({0, 2}, -3);
  CHECK(columns(0, 2) == -3);
  EigenMatrix<float> rows(2, 2);
  rows << 1, 2, 3, 4;
  CHECK(view(rows).to_vector() == std::vector<double>{1, 2, 3, 4});
  Eigen::VectorXd vector(3);
  vector << 1, 2, 3;
  CHECK(view(vector).shape() == Shape{3, 1});
}

TEST_CASE("a const array is read as an Eigen matrix") {
  const Array a = Array::from<double>({2, 3}, {1, 2, 3, 4, 5, 6});
  CHECK(as_eigen<double>(a).sum() == 21);
  CHECK(as_eigen<double>(a)(1, 0) == 4);
  const Array turned = a.swap_axes(0, 1);
  CHECK(as_eigen<double>(turned)(0, 1) == 4);
}

TEST_CASE("arrays are printed in brackets, long axes in part") {
  CHECK(Array::from<double>({2, 2}, {1, 2.5, -3, 1e-9}).str() == "[[1, 2.5], [-3, 1e-09]]");
  CHECK(Array::scalar(1.0 / 3, DType::f64).str() == "0.333333");
  CHECK(Array::zeros({{0}, DType::f32}).str() == "[]");
  CHECK(Array().str() == "(no data)");
  Array many = Array::uninitialized({{100}, DType::f64});
  for (Index i = 0; i < 100; ++i) many.set({i}, static_cast<double>(i));
  CHECK(many.str() == "[0, 1, 2, …, 97, 98, 99]");
  CHECK(many.slice(0, 0, 8).str() == "[0, 1, 2, 3, 4, 5, 6, 7]");
  Tape tape;
  const Var x = tape.variable(Array::from<double>({2}, {1, 2}));
  std::ostringstream out;
  out << x * x << " " << many.slice(0, 1, 1);
  CHECK(out.str() == "[1, 4] [1]");
}

TEST_CASE("the gradient by points in braces is a vector") {
  Tape tape;
  const Var x = tape.variable(Array::scalar(3, DType::f64));
  const std::vector<Var> one = grad(square(x), {x});
  REQUIRE(one.size() == 1);
  CHECK(one[0].item() == 6);
  CHECK(jvp(square(x), {x}, {x}).item() == 18);
}

TEST_CASE("windows by their purpose") {
  Tape tape;
  const Var x = tape.variable(Array::zeros({{1, 9, 7, 1}, DType::f64}));
  const auto size = [&](Index kernel, const Window& window) {
    const Var w = tape.variable(Array::zeros({{kernel, kernel, 1, 1}, DType::f64}));
    return conv2d(x, w, window).shape();
  };
  for (Index kernel = 1; kernel <= 6; ++kernel) {
    CAPTURE(kernel);
    CHECK(size(kernel, same(kernel)) == Shape{1, 9, 7, 1});
  }
  CHECK(size(3, strided(2)) == Shape{1, 4, 3, 1});
  CHECK(size(3, strided(2, 1)) == Shape{1, 5, 4, 1});
}

}  // namespace
}  // namespace autonet
