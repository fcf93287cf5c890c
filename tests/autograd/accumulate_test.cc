#include "autonet/autograd/accumulate.h"

#include <doctest/doctest.h>

#include "autonet/autograd/error.h"
#include "autonet/autograd/grad.h"
#include "autonet/autograd/random.h"
#include "autonet/autograd/tape.h"
#include "autonet/ops/arithmetic.h"
#include "autonet/ops/reduce.h"
#include "autonet/ops/views.h"

namespace autonet {
namespace {

Array normal(const ArrayType& type, std::uint64_t stream) {
  Random random(7, stream);
  Array values = Array::uninitialized({type.shape, DType::f64});
  for (Index i = 0; i < values.size(); ++i) values.data<double>()[i] = random.normal();
  return values.to(type.dtype);
}

}  // namespace

TEST_CASE("accumulate adds in the order given, in any memory layout") {
  Tape tape;
  const Var a = tape.variable(Array::from<double>({2, 3}, {1, 2, 3, 4, 5, 6}));
  const Var b = tape.variable(Array::from<double>({3, 2}, {10, 20, 30, 40, 50, 60}));
  const Var wide = tape.variable(Array::scalar(100, DType::f64).broadcast_to({2, 3}));
  const std::vector<Var> terms{a, swap_axes(b, 0, 1), flip(a, {0, 1}), wide};
  CHECK(accumulate(terms).value().to_vector() == std::vector<double>{117, 137, 157, 127, 147, 167});
  // (1e16 + 1) - 1e16 is 0, and 1 in another order.
  const auto number = [&](double x) { return tape.variable(Array::scalar(x, DType::f64)); };
  const std::vector<Var> lost{number(1e16), number(1), number(-1e16)};
  const std::vector<Var> kept{number(1e16), number(-1e16), number(1)};
  CHECK(accumulate(lost).item() == 0.0);
  CHECK(accumulate(kept).item() == 1.0);
}

TEST_CASE("one term records nothing; arrays without elements are allowed") {
  Tape tape;
  const Var a = tape.variable(Array::zeros({{0, 3}, DType::f32}));
  const std::vector<Var> one{a};
  const std::vector<Var> two{a, a};
  CHECK(accumulate(one).id() == a.id());
  CHECK(accumulate(two).shape() == Shape{0, 3});
  CHECK(accumulate(two).value().to_vector().empty());
}

TEST_CASE("large sums are the same bits for any number of threads") {
  for (const DType dtype : {DType::f32, DType::f64}) {
    const ArrayType type{{3, 40'001}, dtype};  // several pieces, the last one shorter
    std::vector<double> expected;
    for (const int threads : {1, 2, 3}) {
      Context context(threads);
      Tape tape(context);
      std::vector<Var> terms;
      for (std::uint64_t k = 0; k < 4; ++k) terms.push_back(tape.variable(normal(type, k)));
      const std::vector<double> got = accumulate(terms).value().to_vector();
      if (threads == 1) expected = got;
      CHECK(got == expected);
    }
  }
}

TEST_CASE("a value used several times gets the sum of its cotangents") {
  Tape tape;
  const Var x = tape.variable(Array::from<double>({2}, {3, 5}));
  const std::vector<Var> terms{x, x, x * x};
  CHECK(grad(sum(accumulate(terms)), x).value().to_vector() == std::vector<double>{8, 12});
}

TEST_CASE("terms of different types, or none, are errors") {
  Tape tape;
  const std::vector<Var> none;
  const std::vector<Var> shapes{tape.variable(Array::zeros({{2}, DType::f32})),
                                tape.variable(Array::zeros({{3}, DType::f32}))};
  const std::vector<Var> dtypes{tape.variable(Array::zeros({{2}, DType::f32})),
                                tape.variable(Array::zeros({{2}, DType::f64}))};
  CHECK_THROWS_WITH_AS(accumulate(none), "accumulate: needs at least one term", Error);
  CHECK_THROWS_WITH_AS(accumulate(shapes), "accumulate: terms differ in type: [2] f32 and [3] f32",
                       Error);
  CHECK_THROWS_WITH_AS(accumulate(dtypes), "accumulate: terms differ in type: [2] f32 and [2] f64",
                       Error);
}

}  // namespace autonet
