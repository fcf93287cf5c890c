// Indices, sorting, cumulative sums and statistics: values and rules worked out by hand, and error
// texts.
#include "autonet/ops/index.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "autonet/autograd/error.h"
#include "autonet/autograd/grad.h"
#include "autonet/autograd/random.h"
#include "autonet/ops/arithmetic.h"
#include "autonet/ops/pad.h"
#include "autonet/ops/reduce.h"
#include "autonet/ops/views.h"
#include "tests/ops/hand_values.h"

namespace autonet {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TEST_CASE_FIXTURE(Fixture, "gather and scatter_add along each axis") {
  const Var x = of({2, 3}, {1, 2, 3, 4, 5, 6});
  const Var columns = of({2, 2}, {2, 0, 1, 1});
  CHECK(numbers(gather(x, columns, 1)) == Numbers{3, 1, 5, 5});
  CHECK(numbers(gather(x, columns, -1)) == Numbers{3, 1, 5, 5});
  CHECK(numbers(gather(x, of({1, 3}, {1, 0, 1}), 0)) == Numbers{4, 2, 6});
  CHECK(numbers(gather(swap_axes(x, 0, 1), of({1, 2}, {2, 0}), 0)) == Numbers{3, 4});
  const Var u = of({2, 2}, {10, 20, 30, 40});
  CHECK(numbers(scatter_add(u, columns, 1, 3)) == Numbers{20, 0, 10, 0, 70, 0});
  CHECK(numbers(grad(sum(u * gather(x, columns, 1)), x)) == Numbers{20, 0, 10, 0, 70, 0});
  CHECK(numbers(grad(sum(x * scatter_add(u, columns, 1, 3)), u)) == Numbers{3, 1, 5, 5});
  CHECK_THROWS_WITH_AS(gather(x, of({2, 1}, {0, 3}), 1).value(),
                       "gather: an index must be a whole number from 0 to 2, got 3", Error);
  CHECK_THROWS_WITH_AS(gather(x, of({2, 1}, {0, 0.5}), 1).value(),
                       "gather: an index must be a whole number from 0 to 2, got 0.5", Error);
  CHECK_THROWS_WITH_AS(gather(x, of({2, 1}, {0, kNan}), 1).value(),
                       "gather: an index must be a whole number from 0 to 2, got nan", Error);
  CHECK_THROWS_WITH_AS(scatter_add(u, of({2, 2}, {0, 0, 0, -1}), 1, 3).value(),
                       "scatter_add: an index must be a whole number from 0 to 2, got -1", Error);
  CHECK_THROWS_WITH_AS(gather(x, of({1, 2}, {0, 0}), 1),
                       "gather: needs numbers and indices of one dtype and the same lengths but "
                       "for axis 1; numbers [2,3] f64, indices [1,2] f64",
                       Error);
  CHECK_THROWS_WITH_AS(scatter_add(u, of({2, 1}, {0, 0}), 1, 3),
                       "scatter_add: needs numbers and indices of one dtype and the same lengths; "
                       "numbers [2,2] f64, indices [2,1] f64",
                       Error);
}

TEST_CASE_FIXTURE(Fixture, "embedding takes rows, and a row used twice gets both cotangents") {
  const Var table = of({3, 2}, {1, 2, 3, 4, 5, 6});
  const Var y = embedding(table, of({2, 2}, {2, 0, 2, 1}));
  CHECK(y.shape() == Shape{2, 2, 2});
  CHECK(numbers(y) == Numbers{5, 6, 1, 2, 5, 6, 3, 4});
  CHECK(numbers(grad(sum(counted({2, 2, 2}) * y), table)) == Numbers{2, 3, 6, 7, 4, 6});
  CHECK(embedding(table, of({}, {1})).shape() == Shape{2});
  CHECK_THROWS_WITH_AS(embedding(of({3}, {1, 2, 3}), of({1}, {0})),
                       "embedding: needs a table [V,D], got [3]", Error);
}

TEST_CASE_FIXTURE(Fixture, "sort keeps the order of equal numbers, and a NaN is the largest") {
  const Var x = of({2, 4}, {3, 1, 2, 1, kNan, -1, 0, 7});
  CHECK(numbers(argsort(x)) == Numbers{1, 3, 2, 0, 1, 2, 3, 0});
  CHECK(numbers(argsort(x, 1, true)) == Numbers{0, 2, 1, 3, 0, 3, 2, 1});
  CHECK(numbers(argsort(of({3, 2}, {1, 5, 0, 6, 2, 4}), 0)) == Numbers{1, 2, 0, 0, 2, 1});
  const Var z = of({4}, {3, 1, 2, 0});
  const Var w = of({4}, {10, 20, 30, 40});
  CHECK(numbers(sort(z)) == Numbers{0, 1, 2, 3});
  CHECK(numbers(sort(z, 0, true)) == Numbers{3, 2, 1, 0});
  CHECK(numbers(grad(sum(w * sort(z)), z)) == Numbers{40, 20, 30, 10});
  const TopK top = topk(z, 2);
  CHECK(numbers(top.values) == Numbers{3, 2});
  CHECK(numbers(top.indices) == Numbers{0, 2});
  CHECK(numbers(grad(sum(top.values * top.values), z)) == Numbers{6, 0, 4, 0});
  CHECK(topk(z, 0).values.shape() == Shape{0});
  // The first of the sorted order, also with ties and a NaN, along either axis.
  for (const int axis : {0, 1}) {
    for (Index k = 0; k <= 2; ++k) {
      const Var sorted = slice(argsort(x, axis, true), axis, 0, k);
      CHECK(numbers(topk(x, k, axis).indices) == numbers(sorted));
    }
  }
  CHECK_THROWS_WITH_AS(topk(z, 5), "topk: k must be from 0 to the length of axis 0 of x [4], got 5",
                       Error);
  const Var huge = tape.placeholder({{(1 << 24) + 1}, DType::f32}, "huge");
  CHECK_THROWS_WITH_AS(argsort(huge),
                       "argsort: an index up to 16777216 has no exact f32; sort in f64; x "
                       "[16777217]",
                       Error);
}

TEST_CASE_FIXTURE(Fixture, "cumulative sums run along an axis in both directions") {
  const Var x = of({2, 3}, {1, 2, 3, 4, 5, 6});
  CHECK(numbers(cumulative_sum(x, 1)) == Numbers{1, 3, 6, 4, 9, 15});
  CHECK(numbers(cumulative_sum(x, 0)) == Numbers{1, 2, 3, 5, 7, 9});
  CHECK(numbers(cumulative_sum(x, 1, true)) == Numbers{6, 5, 3, 15, 11, 6});
  CHECK(numbers(cumulative_sum(swap_axes(x, 0, 1), 0)) == Numbers{1, 4, 3, 9, 6, 15});
  const Var w = of({2, 3}, {1, 0, 0, 0, 0, 1});
  CHECK(numbers(grad(sum(w * cumulative_sum(x, 1)), x)) == Numbers{1, 0, 0, 1, 1, 1});
  CHECK_THROWS_WITH_AS(cumulative_sum(x, 2), "cumulative_sum: axis 2 is outside an array of 2 axes",
                       Error);
}

TEST_CASE("large arrays on several threads: the numbers of plain loops") {
  const Shape shape{40, 30, 70};  // more numbers than one thread is given alone
  CAPTURE(shape.str());
  Random random(7);
  Array numbers = Array::uninitialized({shape, DType::f64});
  Array indices = Array::uninitialized({shape, DType::f64});
  for (Index i = 0; i < shape.size(); ++i) {
    numbers.data<double>()[i] = random.normal();
    indices.data<double>()[i] = static_cast<double>(random.below(30));
  }
  std::vector<double> gathered, added(static_cast<size_t>(shape.size())), sums, sorted;
  const auto at = [](Index i, Index j, Index k) {
    return static_cast<size_t>((i * 30 + j) * 70 + k);
  };
  const double* x = numbers.data<double>();
  for (Index i = 0; i < 40; ++i) {
    std::vector<double> running(70);
    for (Index j = 0; j < 30; ++j) {
      for (Index k = 0; k < 70; ++k) {
        const auto chosen = static_cast<Index>(indices.data<double>()[at(i, j, k)]);
        gathered.push_back(x[at(i, chosen, k)]);
        added[at(i, chosen, k)] += x[at(i, j, k)];
        running[static_cast<size_t>(k)] += x[at(i, j, k)];
        sums.push_back(running[static_cast<size_t>(k)]);
      }
      sorted.insert(sorted.end(), x + at(i, j, 0), x + at(i, j, 0) + 70);
      std::sort(sorted.end() - 70, sorted.end());
    }
  }
  for (const int threads : {1, 3}) {
    Context context(threads);
    Tape tape(context);
    const Var a = tape.variable(numbers);
    const Var b = tape.variable(indices);
    CHECK(gather(a, b, 1).value().to_vector() == gathered);
    CHECK(scatter_add(a, b, 1, 30).value().to_vector() == added);
    CHECK(cumulative_sum(a, 1).value().to_vector() == sums);
    CHECK(sort(a).value().to_vector() == sorted);
    CHECK_THROWS_AS(gather(a, b + 1.0, 1).value(), Error);
  }
}

TEST_CASE_FIXTURE(Fixture, "argmax, variance and norm") {
  const Var x = of({2, 3}, {1, 5, 5, 4, kNan, 6});
  CHECK(numbers(argmax(x)) == Numbers{1, 1});
  CHECK(numbers(argmax(x, 0)) == Numbers{1, 1, 1});
  CHECK(argmax(x, 1, true).shape() == Shape{2, 1});
  const Var v = of({2, 2}, {1, 3, 2, 6});
  CHECK(variance(v).item() == 3.5);  // the mean is 3
  CHECK(numbers(variance(v, {1})) == Numbers{1, 4});
  CHECK(numbers(variance(v, {1}, false, 1)) == Numbers{2, 8});
  CHECK(variance(v, {0}, true).shape() == Shape{1, 2});
  CHECK(numbers(grad(variance(v), v)) == Numbers{-1, 0, -0.5, 1.5});
  CHECK_THROWS_WITH_AS(variance(v, {1}, false, 2),
                       "variance: needs more than 2 elements, got 2; x [2,2]", Error);
  const Var z = of({2, 2}, {3, 4, 0, 0});
  CHECK(numbers(norm(z, {1})) == Numbers{5, 0});
  check_close(grad(sum(norm(z, {1})), z), {0.6, 0.8, 0, 0});
  CHECK(norm(z).item() == 5);
}

}  // namespace autonet
