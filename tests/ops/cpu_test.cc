// The fast routines against plain loops in double precision, on odd shapes and strange strides, at
// every instruction set of this machine; and the same bits for any number of threads.
#include <doctest/doctest.h>

#include <hwy/targets.h>
#include <cmath>
#include <cstring>

#include "autograd/random.h"
#include "ops/cpu/correlate.h"
#include "ops/cpu/elementwise.h"
#include "ops/cpu/pool.h"
#include "ops/cpu/reduce.h"

namespace autonet {
namespace {

Index draw(Random& random, Index low, Index high) {
  return low + static_cast<Index>(random.below(static_cast<std::uint64_t>(high - low + 1)));
}

Array normal(const Shape& shape, DType dtype, Random& random) {
  Array values = Array::uninitialized({shape, DType::f64});
  for (Index i = 0; i < values.size(); ++i) values.data<double>()[i] = random.normal();
  return values.to(dtype);
}

/// The same numbers in another layout: axes stored in another order, some backwards.
Array strange(const Array& a, Random& random) {
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

void check_close(const Array& got, const Array& expected, double tolerance) {
  const std::vector<double> a = got.to_vector();
  const std::vector<double> b = expected.to_vector();
  double worst = 0.0;
  for (size_t i = 0; i < a.size(); ++i) {
    worst = std::max(worst, std::abs(a[i] - b[i]) / std::max(1.0, std::abs(b[i])));
  }
  CHECK(worst <= tolerance);
}

/// task() at each instruction set that this machine and build have.
template <typename Task>
void at_every_target(Task task) {
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().DeInit();  // choose anew at the next call
    INFO("instruction set " << hwy::TargetName(target));
    task();
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().DeInit();
}

constexpr double kTolerance[] = {3e-5, 1e-13};  // f32, f64

}  // namespace

TEST_CASE("correlate agrees with plain loops") {
  constexpr std::uint64_t kSeed = 31;
  CAPTURE(kSeed);
  at_every_target([&] {
    Random random(kSeed);
    Context context(2);
    int done = 0;
    while (done < 60) {
      const Index groups = draw(random, 1, 3) == 3 ? 2 : 1;
      const Shape xs{draw(random, 1, 5), draw(random, 1, 9), draw(random, 1, 9),
                     groups * draw(random, 1, 9)};
      const Shape ws{draw(random, 1, 4), draw(random, 1, 4), xs[3] / groups,
                     groups * draw(random, 1, 70)};
      const auto axis = [&] {
        return AxisWindow{draw(random, 1, 3), draw(random, 1, 2), draw(random, 1, 2),
                          draw(random, -2, 4), draw(random, -2, 4)};
      };
      const Window window{axis(), axis(), groups};
      const Index rows = output_length(xs[1], ws[0], window.rows);
      const Index cols = output_length(xs[2], ws[1], window.cols);
      if (rows < 1 || cols < 1) continue;
      ++done;
      for (const DType dtype : {DType::f32, DType::f64}) {
        INFO("x " << xs.str() << ", w " << ws.str() << ", " << name_of(dtype));
        const Array x = strange(normal(xs, dtype, random), random);
        const Array w = strange(normal(ws, dtype, random), random);
        Array expected = Array::uninitialized({{xs[0], rows, cols, ws[3]}, dtype});
        Array got = Array::full(expected.type(), 7.0);
        cpu::correlate_reference(x, w, window, expected);
        cpu::correlate(context, x, w, window, got);
        check_close(got, expected, kTolerance[static_cast<int>(dtype)]);
      }
    }
  });
}

TEST_CASE("correlate in the layout of a weight gradient") {
  constexpr std::uint64_t kSeed = 32;
  CAPTURE(kSeed);
  at_every_target([&] {
    Random random(kSeed);
    Context context(2);
    for (int trial = 0; trial < 20; ++trial) {
      const Index n = draw(random, 1, 20);
      const Index h = draw(random, 3, 9);
      const Index k = draw(random, 1, 3);
      const Array x = normal({n, h, h, draw(random, 1, 20)}, DType::f32, random);
      const Array ybar = normal({n, h, h, draw(random, 1, 40)}, DType::f32, random);
      Window window;
      window.rows = window.cols = {1, 1, 1, k / 2, 2 * (k / 2) + 1 - 1 - k / 2};
      const Array a = x.permute(std::vector<int>{3, 1, 2, 0});
      const Array b = ybar.permute(std::vector<int>{1, 2, 0, 3});
      const Index m = output_length(h, h, window.rows);
      Array expected = Array::uninitialized({{x.shape()[3], m, m, ybar.shape()[3]}, DType::f32});
      Array got = expected.clone();
      cpu::correlate_reference(a, b, window, expected);
      cpu::correlate(context, a, b, window, got);
      INFO("x " << x.shape().str() << ", ybar " << ybar.shape().str());
      check_close(got, expected, 2e-4);
    }
  });
}

TEST_CASE("matmul agrees with plain loops, deep and shallow") {
  constexpr std::uint64_t kSeed = 33;
  CAPTURE(kSeed);
  at_every_target([&] {
    Random random(kSeed);
    Context context(2);
    for (const Index depth : {1, 7, 64, 1025, 2500}) {
      const Index m = draw(random, 1, 70);
      const Index n = draw(random, 1, 70);
      const Array a = strange(normal({2, m, depth}, DType::f64, random), random);
      const Array b = strange(normal({2, depth, n}, DType::f64, random), random);
      Array expected = Array::zeros({{2, m, n}, DType::f64});
      for (Index batch = 0; batch < 2; ++batch)
        for (Index i = 0; i < m; ++i)
          for (Index j = 0; j < n; ++j) {
            double sum = 0.0;
            for (Index k = 0; k < depth; ++k) sum += a.at({batch, i, k}) * b.at({batch, k, j});
            expected.set({batch, i, j}, sum);
          }
      Array got = Array::full(expected.type(), 7.0);
      cpu::matmul(context, a, b, got);
      INFO("depth " << depth);
      check_close(got, expected, 1e-12);
      Array single = Array::full({expected.shape(), DType::f32}, 7.0);
      cpu::matmul(context, a.to(DType::f32), b.to(DType::f32), single);
      check_close(single, expected, 1e-3);
    }
  });
}

TEST_CASE("the same bits for any number of threads and at every instruction set's own") {
  constexpr std::uint64_t kSeed = 34;
  CAPTURE(kSeed);
  at_every_target([&] {
    std::vector<Array> first;
    for (const int threads : {1, 2, 3, 8}) {
      Random random(kSeed);
      Context context(threads);
      std::vector<Array> results;
      const Array x = normal({40, 12, 12, 16}, DType::f32, random);
      const Array w = normal({3, 3, 16, 24}, DType::f32, random);
      const Array ybar = normal({40, 12, 12, 24}, DType::f32, random);
      Window same;
      same.rows.lo = same.rows.hi = same.cols.lo = same.cols.hi = 1;
      Array y = Array::uninitialized({{40, 12, 12, 24}, DType::f32});
      cpu::correlate(context, x, w, same, y);
      results.push_back(y);
      Array wbar = Array::uninitialized({{16, 3, 3, 24}, DType::f32});
      cpu::correlate(context, x.permute(std::vector<int>{3, 1, 2, 0}),
                     ybar.permute(std::vector<int>{1, 2, 0, 3}), same, wbar);
      results.push_back(wbar);
      Array product = Array::uninitialized({{300, 200}, DType::f32});
      cpu::matmul(context, normal({300, 1500}, DType::f32, random),
                  normal({1500, 200}, DType::f32, random), product);
      results.push_back(product);
      Array bias = Array::uninitialized({{24}, DType::f32});
      cpu::reduce_sum(context, ybar, {true, true, true, false}, bias);
      results.push_back(bias);
      Array sum = Array::uninitialized(ybar.type());
      cpu::map(context, cpu::Binary::add, ybar, y, sum);
      results.push_back(sum);
      Window half;
      half.rows.stride = half.cols.stride = 2;
      Array pooled = Array::uninitialized({{40, 6, 6, 24}, DType::f32});
      cpu::pool_select(context, y, y, {3, 3}, {{2, 1, 1, 1, 0}, {2, 1, 1, 1, 0}, 1}, pooled);
      results.push_back(pooled);
      Array spread = Array::uninitialized(y.type());
      cpu::pool_spread(context, y, pooled, {3, 3}, {{2, 1, 1, 1, 0}, {2, 1, 1, 1, 0}, 1}, spread);
      results.push_back(spread);
      if (first.empty()) first = results;
      for (size_t i = 0; i < results.size(); ++i) {
        INFO("threads " << threads << ", result " << i);
        CHECK(std::memcmp(results[i].raw(), first[i].raw(), first[i].type().bytes()) == 0);
      }
    }
  });
}

TEST_CASE("pooling agrees with plain loops") {
  constexpr std::uint64_t kSeed = 35;
  CAPTURE(kSeed);
  at_every_target([&] {
    Random random(kSeed);
    Context context(2);
    for (int trial = 0; trial < 30; ++trial) {
      const Shape xs{draw(random, 1, 3), draw(random, 3, 8), draw(random, 3, 8),
                     draw(random, 1, 37)};
      const cpu::KernelSize kernel{draw(random, 1, 3), draw(random, 1, 3)};
      const Window window{{draw(random, 1, 3), 1, 1, draw(random, 0, kernel.rows - 1), 0},
                          {draw(random, 1, 3), 1, 1, draw(random, 0, kernel.cols - 1), 0},
                          1};
      const Shape ys{xs[0], output_length(xs[1], kernel.rows, window.rows),
                     output_length(xs[2], kernel.cols, window.cols), xs[3]};
      const Array x = strange(normal(xs, DType::f32, random), random);
      const Array u = strange(normal(xs, DType::f32, random), random);
      const Array ybar = strange(normal(ys, DType::f32, random), random);
      Array selected = Array::uninitialized({ys, DType::f32});
      Array spread = Array::uninitialized({xs, DType::f32});
      cpu::pool_select(context, x, u, kernel, window, selected);
      cpu::pool_spread(context, x, ybar, kernel, window, spread);
      Array expected_selected = Array::zeros({ys, DType::f64});
      Array expected_spread = Array::zeros({xs, DType::f64});
      for (Index n = 0; n < ys[0]; ++n)
        for (Index i = 0; i < ys[1]; ++i)
          for (Index j = 0; j < ys[2]; ++j)
            for (Index c = 0; c < ys[3]; ++c) {
              Index best_row = -1;
              Index best_col = -1;
              for (Index r = 0; r < kernel.rows; ++r)
                for (Index s = 0; s < kernel.cols; ++s) {
                  const Index row = i * window.rows.stride + r - window.rows.lo;
                  const Index col = j * window.cols.stride + s - window.cols.lo;
                  if (row < 0 || row >= xs[1] || col < 0 || col >= xs[2]) continue;
                  if (best_row < 0 || x.at({n, row, col, c}) > x.at({n, best_row, best_col, c})) {
                    best_row = row;
                    best_col = col;
                  }
                }
              expected_selected.set({n, i, j, c}, u.at({n, best_row, best_col, c}));
              expected_spread.set(
                  {n, best_row, best_col, c},
                  expected_spread.at({n, best_row, best_col, c}) + ybar.at({n, i, j, c}));
            }
      check_close(selected, expected_selected, 0.0);
      check_close(spread, expected_spread, 1e-6);
    }
  });
}

}  // namespace autonet
