// Bias, ReLU and gate: one formula in a pass of its own, in tiles and in Winograd's outputs, with
// NaN and infinities, for every number of columns, at every instruction set.
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "ops/cpu/correlate.h"
#include "ops/cpu/winograd.h"
#include "tests/ops/every_target.h"

namespace autonet {
namespace {

/// task(T{0}) for the scalar type T of the dtype.
template <typename Task>
void with_scalar(DType dtype, Task task) {
  dtype == DType::f32 ? task(0.0F) : task(0.0);
}

/// Normal numbers, about a third of them replaced by NaN, an infinity or a zero of either sign.
Array special(const Shape& shape, DType dtype, Random& random) {
  constexpr double kInfinity = HUGE_VAL;
  const double values[] = {std::nan(""), kInfinity, -kInfinity, 0.0, -0.0};
  Array numbers = normal(shape, DType::f64, random);
  for (Index i = 0; i < numbers.size(); ++i) {
    if (random.below(3) == 0) numbers.data<double>()[i] = values[random.below(5)];
  }
  return numbers.to(dtype);
}

/// The epilogue by its definition.
Array by_definition(const Array& sums, const cpu::Following& following) {
  Array y = sums.clone();
  const Index columns = y.shape()[y.rank() - 1];
  with_scalar(y.dtype(), [&](auto zero) {
    using T = decltype(zero);
    for (Index i = 0; i < y.size(); ++i) {
      T& value = y.data<T>()[i];
      if (following.bias != nullptr) value += following.bias->data<T>()[i % columns];
      if (following.relu && value < T{0}) value = T{0};
      if (following.gate != nullptr && following.gate->data<T>()[i] <= T{0}) value = T{0};
    }
  });
  return y;
}

/// True if all numbers are the same bit for bit, where any NaN equals any other.
bool same(const Array& a, const Array& b) {
  const std::vector<double> x = a.to_vector();
  const std::vector<double> y = b.to_vector();
  bool equal = a.type() == b.type();
  for (size_t i = 0; equal && i < x.size(); ++i) {
    equal = std::isnan(x[i]) ? std::isnan(y[i])
                             : x[i] == y[i] && std::signbit(x[i]) == std::signbit(y[i]);
  }
  return equal;
}

/// check(following) with each of the eight combinations.
template <typename Check>
void with_each_epilogue(const Array& bias, const Array& gate, Check check) {
  for (int which = 0; which < 8; ++which) {
    cpu::Following following;
    if (which & 1) following.bias = &bias;
    following.relu = which & 2;
    if (which & 4) following.gate = &gate;
    INFO("bias " << (which & 1) << ", relu " << (which & 2) / 2 << ", gate " << (which & 4) / 4);
    check(following);
  }
}

}  // namespace

TEST_CASE("the epilogue of a pass of its own and of tiles is its definition, for all numbers") {
  constexpr std::uint64_t kSeed = 71;
  CAPTURE(kSeed);
  at_every_target([&] {
    Random random(kSeed);
    Context context;
    for (const DType dtype : {DType::f32, DType::f64}) {
      for (Index columns = 1; columns <= 35; ++columns) {
        CAPTURE(columns);
        const Index rows = draw(random, 1, 40);
        const Array sums = special({rows, columns}, dtype, random);
        const Array bias = special({columns}, dtype, random);
        const Array gate = special({rows, columns}, dtype, random);
        // Products of depth 1 with a factor 1 give any sums, as one column or as one row.
        const Array ones = Array::full({{1, 1}, dtype}, 1.0);
        Array column = Array::full(sums.type(), 7.0);
        if (columns == 1) cpu::matmul(context, sums, ones, column);
        with_each_epilogue(bias, gate, [&](const cpu::Following& following) {
          const Array expected = by_definition(sums, following);
          Array alone = sums.clone();
          with_scalar(dtype, [&](auto zero) {
            using T = decltype(zero);
            cpu::apply(cpu::Epilogue<T>(following), alone.data<T>(), rows, columns);
          });
          CHECK(same(alone, expected));
          if (columns > 1) return;
          Array tiles = Array::full(sums.type(), 7.0);
          cpu::matmul(context, sums, ones, tiles, following);
          CHECK(same(tiles, by_definition(column, following)));
        });
        const Array factors = special({1, columns}, dtype, random);
        Array row = Array::full(factors.type(), 7.0);
        cpu::matmul(context, ones, factors, row);
        const Array row_gate = special({1, columns}, dtype, random);
        with_each_epilogue(bias, row_gate, [&](const cpu::Following& following) {
          Array tiles = Array::full(row.type(), 7.0);
          cpu::matmul(context, ones, factors, tiles, following);
          CHECK(same(tiles, by_definition(row, following)));
        });
      }
    }
  });
}

TEST_CASE("a fused bias, ReLU and gate give the bits of separate passes, in every row and column") {
  constexpr std::uint64_t kSeed = 72;
  CAPTURE(kSeed);
  at_every_target([&] {
    Random random(kSeed);
    Context context(2);
    for (const Index columns : {1, 2, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 70}) {
      for (const Index rows : {1, 31, 32, 33, 63, 64, 65, 100}) {
        CAPTURE(columns);
        CAPTURE(rows);
        const Array a = normal({rows, 5}, DType::f32, random);
        const Array b = normal({5, columns}, DType::f32, random);
        const Array bias = normal({columns}, DType::f32, random);
        const Array gate = normal({rows, columns}, DType::f32, random);
        Array sums = Array::uninitialized(gate.type());
        cpu::matmul(context, a, b, sums);
        with_each_epilogue(bias, gate, [&](const cpu::Following& following) {
          Array y = Array::full(sums.type(), 7.0);
          cpu::matmul(context, a, b, y, following);
          CHECK(same(y, by_definition(sums, following)));
        });
      }
    }
  });
}

TEST_CASE(
    "the epilogue of both convolution routines is its definition, for NaN and infinities too") {
  constexpr std::uint64_t kSeed = 73;
  CAPTURE(kSeed);
  at_every_target([&] {
    Random random(kSeed);
    Context context(2);
    for (const Index outputs : {16, 17, 31, 40}) {
      CAPTURE(outputs);
      Array x = normal({3, 9, 10, 16}, DType::f32, random);
      x.set({0, 2, 3, 4}, std::nan(""));
      x.set({1, 8, 9, 15}, HUGE_VAL);
      const Array w = normal({3, 3, 16, outputs}, DType::f32, random);
      const Array bias = special({outputs}, DType::f32, random);
      const Array gate = special({3, 9, 10, outputs}, DType::f32, random);
      const Window window = padded(1);
      Array sums = Array::uninitialized(gate.type());
      Array slid = sums.clone();
      cpu::winograd_correlate(context, cpu::Problem<float>(x, w, window, sums), {});
      cpu::correlate(context, x, w, window, slid, {}, true);
      with_each_epilogue(bias, gate, [&](const cpu::Following& following) {
        Array y = Array::full(sums.type(), 7.0);
        const cpu::Epilogue<float> epilogue(following);
        cpu::winograd_correlate(context, cpu::Problem<float>(x, w, window, y), epilogue);
        CHECK(same(y, by_definition(sums, following)));
        cpu::correlate(context, x, w, window, y, following, true);
        CHECK(same(y, by_definition(slid, following)));
      });
    }
  });
}

}  // namespace autonet
