// Maps and reductions against plain loops in double precision, on views, at every instruction set.
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "autonet/autograd/context.h"
#include "ops/cpu/elementwise.h"
#include "ops/cpu/reduce.h"
#include "ops/cpu/softmax.h"
#include "ops/functions.h"
#include "tests/ops/every_target.h"

namespace autonet {
namespace {

constexpr DType kTypes[] = {DType::f32, DType::f64};

double tolerance(DType dtype) {
  return dtype == DType::f32 ? 2e-6 : 1e-14;
}

struct UnaryCase {
  const char* name;
  double (*plain)(double);  // with constant 1.5
  bool positive = false;    // x > 0 only
};

const UnaryCase kUnaryCases[] = {
    {"negate", [](double x) { return -x; }},
    {"scale", [](double x) { return 1.5 * x; }},
    {"add_constant", [](double x) { return x + 1.5; }},
    {"pow", [](double x) { return std::pow(x, 1.5); }, true},
    {"exp", [](double x) { return std::exp(x); }},
    {"log", [](double x) { return std::log(x); }, true},
    {"sqrt", [](double x) { return std::sqrt(x); }, true},
    {"erf", [](double x) { return std::erf(x); }},
    {"tanh", [](double x) { return std::tanh(x); }},
    {"sigmoid", [](double x) { return 1.0 / (1.0 + std::exp(-x)); }},
    {"softplus", [](double x) { return std::log1p(std::exp(x)); }},
    {"abs", [](double x) { return std::abs(x); }},
    {"sign", [](double x) { return x == 0 ? 0.0 : std::copysign(1.0, x); }},
    {"relu", [](double x) { return x > 0 ? x : 0.0; }},
    {"elu", [](double x) { return x > 0 ? x : 1.5 * std::expm1(x); }},
};

struct BinaryCase {
  const char* name;
  double (*plain)(double, double);  // with constant 0.25
};

const BinaryCase kBinaryCases[] = {
    {"add", [](double a, double b) { return a + b; }},
    {"sub", [](double a, double b) { return a - b; }},
    {"mul", [](double a, double b) { return a * b; }},
    {"div", [](double a, double b) { return a / b; }},
    {"gate", [](double a, double b) { return a > 0 ? b : 0.25 * b; }},
};

/// Some axes of x made one long, then broadcast back: strides of zero.
Array stretched(const Shape& shape, DType dtype, Random& random) {
  Shape small = shape;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    if (random.below(2) == 0) small = small.with(axis, 1);
  }
  return strange(normal(small, dtype, random), random).broadcast_to(shape);
}

Array positive(Context& context, const Array& x) {
  Array size = Array::uninitialized(x.type());
  Array y = Array::uninitialized(x.type());
  cpu::map(context, internal::function("abs"), x, size);
  cpu::map(context, internal::function("add_constant"), size, y, 0.1);
  return y;
}

bool same_bits(const Array& a, const Array& b) {
  return std::memcmp(a.raw(), b.raw(), a.type().bytes()) == 0;
}

}  // namespace

TEST_CASE("every function of one number agrees with plain loops on views") {
  constexpr std::uint64_t kSeed = 41;
  CAPTURE(kSeed);
  at_every_target([&] {
    Random random(kSeed);
    Context context(2);
    for (const UnaryCase& f : kUnaryCases) {
      for (const DType dtype : kTypes) {
        const Shape shape{draw(random, 1, 3), draw(random, 1, 40), draw(random, 1, 40)};
        INFO(std::string(f.name) << " of " << name_of(dtype) << " " << shape.str());
        Array x = normal(shape, dtype, random);
        if (f.positive) x = positive(context, x);
        x = strange(x, random);
        std::vector<double> plain = x.to_vector();
        for (double& value : plain) value = f.plain(value);
        Array y = Array::full(x.type(), 7.0);
        cpu::map(context, internal::function(f.name), x, y, 1.5);
        check_close(y, Array::from<double>(shape, plain), tolerance(dtype));
      }
    }
  });
}

TEST_CASE("every function of two numbers agrees with plain loops on broadcast views") {
  constexpr std::uint64_t kSeed = 42;
  CAPTURE(kSeed);
  at_every_target([&] {
    Random random(kSeed);
    Context context(2);
    for (const BinaryCase& f : kBinaryCases) {
      for (int trial = 0; trial < 6; ++trial) {
        for (const DType dtype : kTypes) {
          const Shape shape{draw(random, 1, 4), draw(random, 1, 30), draw(random, 1, 30)};
          const Array a = stretched(shape, dtype, random);
          const Array b = stretched(shape, dtype, random);
          INFO(std::string(f.name) << " of " << name_of(dtype) << " " << shape.str());
          std::vector<double> plain = a.to_vector();
          const std::vector<double> other = b.to_vector();
          for (size_t i = 0; i < plain.size(); ++i) plain[i] = f.plain(plain[i], other[i]);
          Array y = Array::full({shape, dtype}, 7.0);
          cpu::map(context, internal::function(f.name), a, b, y, 0.25);
          check_close(y, Array::from<double>(shape, plain), tolerance(dtype));
        }
      }
    }
  });
}

TEST_CASE("every function of more numbers than one piece, with a rest, on two threads") {
  constexpr std::uint64_t kSeed = 44;
  CAPTURE(kSeed);
  Random random(kSeed);
  Context one(1);
  Context two(2);
  // Pieces have 16,384 numbers, and from 65,536 on the threads share them.
  for (const DType dtype : kTypes) {
    const Array inputs[] = {
        normal({1, 70'001}, dtype, random),                           // without gaps
        normal({259, 271}, dtype, random).permute({{1, 0}}),          // strided
        normal({1, 23'341}, dtype, random).broadcast_to({3, 23'341})  // stretched
    };
    for (const Array& x : inputs) {
      Array y = Array::full({x.shape(), dtype}, 7.0);
      Array again = Array::full({x.shape(), dtype}, 8.0);
      for (const UnaryCase& f : kUnaryCases) {
        INFO(std::string(f.name), " of ", std::string(name_of(dtype)), " ", x.shape().str());
        const Array in = f.positive ? positive(one, x) : x;
        std::vector<double> plain = in.to_vector();
        for (double& value : plain) value = f.plain(value);
        cpu::map(two, internal::function(f.name), in, y, 1.5);
        check_close(y, Array::from<double>(x.shape(), plain), tolerance(dtype));
        cpu::map(one, internal::function(f.name), in, again, 1.5);
        CHECK(same_bits(y, again));
      }
      const Array other = positive(one, normal({x.shape()[0], 1}, dtype, random));
      const Array b = other.broadcast_to(x.shape());
      for (const BinaryCase& f : kBinaryCases) {
        INFO(std::string(f.name), " of ", std::string(name_of(dtype)), " ", x.shape().str());
        std::vector<double> plain = x.to_vector();
        const std::vector<double> q = b.to_vector();
        for (size_t i = 0; i < plain.size(); ++i) plain[i] = f.plain(plain[i], q[i]);
        cpu::map(two, internal::function(f.name), x, b, y, 0.25);
        check_close(y, Array::from<double>(x.shape(), plain), tolerance(dtype));
        cpu::map(one, internal::function(f.name), x, b, again, 0.25);
        CHECK(same_bits(y, again));
      }
    }
  }
}

TEST_CASE("a closed gate keeps infinite cotangents out") {
  constexpr double kInfinite = std::numeric_limits<double>::infinity();
  Context context(1);
  const Array a = Array::from<double>({3}, {-1, 0, 1});
  const Array b = Array::full(a.type(), kInfinite);
  Array y = Array::full(a.type(), 7.0);
  cpu::map(context, internal::function("gate"), a, b, y);
  CHECK(y.to_vector() == std::vector<double>{0, 0, kInfinite});
}

TEST_CASE("sums and maxima over any axes agree with plain loops on views") {
  constexpr std::uint64_t kSeed = 43;
  CAPTURE(kSeed);
  Random random(kSeed);
  Context context(2);
  for (int trial = 0; trial < 60; ++trial) {
    const DType dtype = kTypes[trial % 2];
    const Shape shape{draw(random, 1, 5), draw(random, 1, 20), draw(random, 1, 20)};
    cpu::AxisMask mask;
    Shape kept = shape;
    for (int axis = 0; axis < 3; ++axis) {
      mask.push_back(random.below(2) == 0);
      if (mask.back()) kept = kept.with(axis, 1);
    }
    Array x = normal(shape, dtype, random);
    if (trial % 3 != 0) x = strange(x, random);
    const Array u = strange(normal(shape, dtype, random), random);
    const Array ybar = strange(normal(kept, dtype, random), random);
    INFO("trial " << trial << ", " << shape.str() << " to " << kept.str());

    Array sums = Array::zeros({kept, DType::f64});
    Array chosen = Array::zeros({kept, DType::f64});
    Array spread = Array::zeros({shape, DType::f64});
    std::vector<double> largest(static_cast<size_t>(kept.size()),
                                -std::numeric_limits<double>::infinity());
    std::vector<std::vector<Index>> where(largest.size());
    for (Index i = 0; i < shape[0]; ++i)
      for (Index j = 0; j < shape[1]; ++j)
        for (Index k = 0; k < shape[2]; ++k) {
          const std::vector<Index> from{i, j, k};
          const std::vector<Index> to{mask[0] ? 0 : i, mask[1] ? 0 : j, mask[2] ? 0 : k};
          const auto n = static_cast<size_t>((to[0] * kept[1] + to[1]) * kept[2] + to[2]);
          sums.set(to, sums.at(to) + x.at(from));
          if (x.at(from) > largest[n]) {
            largest[n] = x.at(from);
            where[n] = from;
            chosen.set(to, u.at(from));
          }
        }
    for (Index i = 0; i < kept[0]; ++i)
      for (Index j = 0; j < kept[1]; ++j)
        for (Index k = 0; k < kept[2]; ++k) {
          spread.set(where[static_cast<size_t>((i * kept[1] + j) * kept[2] + k)],
                     ybar.at({i, j, k}));
        }

    Array y = Array::full({kept, dtype}, 7.0);
    cpu::reduce_sum(context, x, mask, y);
    check_close(y, sums, dtype == DType::f32 ? 3e-5 : 1e-13);
    cpu::select_max(context, x, u, mask, y);
    check_close(y, chosen, 0.0);
    Array xbar = Array::full({shape, dtype}, 7.0);
    cpu::spread_max(context, x, ybar, mask, xbar);
    check_close(xbar, spread, 0.0);
  }
}

TEST_CASE("a long sum in single precision keeps its digits") {
  // A plain running sum of 2^24 + 1000 ones in f32 stops at 2^24.
  constexpr Index kRows = (Index{1} << 24) + 1000;
  Context context(2);
  const Array one = Array::full({{1, 1}, DType::f32}, 1.0);
  const Array ones = one.broadcast_to({kRows, 1});
  Array y = Array::zeros({{1}, DType::f32});
  cpu::reduce_sum(context, ones, {true, false}, y);
  CHECK(y.item() == static_cast<double>(static_cast<float>(kRows)));

  // Blocks of 256 numbers bound the error by 256 · 2^-24; a running sum of these is off by 1e-4.
  const Array tenths = Array::full({{100'000, 3}, DType::f32}, 0.1);
  Array sums = Array::zeros({{3}, DType::f32});
  cpu::reduce_sum(context, tenths, {true, false}, sums);
  for (const double sum : sums.to_vector()) CHECK(sum == doctest::Approx(10'000.0).epsilon(1.6e-5));
}

TEST_CASE("every block of a long sum counts, on one thread and on two") {
  constexpr std::uint64_t kSeed = 45;
  CAPTURE(kSeed);
  Random random(kSeed);
  Context one(1);
  Context two(2);
  constexpr Index kRows = 40 * 256 + 19;  // blocks of 256, and one of 19: 2 parts in 1,000
  for (const DType dtype : kTypes) {
    for (const Index columns : {1, 3, 5, 16, 33}) {
      const Array x = positive(one, normal({kRows, columns}, dtype, random));
      for (const cpu::AxisMask& mask : {cpu::AxisMask{true, false}, {false, true}, {true, true}}) {
        const Shape kept{mask[0] ? 1 : kRows, mask[1] ? 1 : columns};
        INFO(std::string(name_of(dtype)), " ", x.shape().str(), " to ", kept.str());
        Array expected = Array::zeros({kept, DType::f64});
        const std::vector<double> numbers = x.to_vector();
        for (Index i = 0; i < x.size(); ++i) {
          const Index row = mask[0] ? 0 : i / columns;
          const Index column = mask[1] ? 0 : i % columns;
          expected.data<double>()[row * kept[1] + column] += numbers[static_cast<size_t>(i)];
        }
        Array y = Array::full({kept, dtype}, 7.0);
        Array again = Array::full({kept, dtype}, 8.0);
        cpu::reduce_sum(two, x, mask, y);
        CHECK(relative_error(y, expected) <= (dtype == DType::f32 ? 1e-5 : 1e-13));
        cpu::reduce_sum(one, x, mask, again);
        CHECK(same_bits(y, again));
      }
    }
  }
}

TEST_CASE("log_softmax stays finite at logits of 10,000") {
  Context context(1);
  const Array x = Array::from<float>({2, 3}, {1e4F, 0, -1e4F, 5, 5, 5});
  Array y = Array::zeros(x.type());
  cpu::log_softmax(context, x, y);
  check_close(
      y,
      Array::from<double>({2, 3}, {0, -1e4, -2e4, -std::log(3.0), -std::log(3.0), -std::log(3.0)}),
      1e-6);
}

}  // namespace autonet
