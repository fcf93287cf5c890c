// The routines against plain loops in double precision, on odd shapes and unusual strides, at every
// instruction set of this machine; and the same bits for any number of threads.
#include <doctest/doctest.h>

#include <cstring>
#include <vector>

#include "autonet/autograd/random.h"
#include "ops/cpu/correlate.h"
#include "ops/cpu/elementwise.h"
#include "ops/cpu/pool.h"
#include "ops/cpu/reduce.h"
#include "ops/cpu/softmax.h"
#include "ops/functions.h"
#include "tests/ops/every_target.h"

namespace autonet {
namespace {

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
      const Index rows = internal::output_length(xs[1], ws[0], window.rows);
      const Index cols = internal::output_length(xs[2], ws[1], window.cols);
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
      const Window window = padded(k / 2);
      const Array a = images_of(x);
      const Array b = kernel_of(ybar);
      const Index m = internal::output_length(h, h, window.rows);
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
      const Window same = padded(1);
      Array y = Array::uninitialized({{40, 12, 12, 24}, DType::f32});
      cpu::correlate(context, x, w, same, y);
      results.push_back(y);
      Array wbar = Array::uninitialized({{16, 3, 3, 24}, DType::f32});
      cpu::correlate(context, images_of(x), kernel_of(ybar), same, wbar);
      results.push_back(wbar);
      Array product = Array::uninitialized({{300, 200}, DType::f32});
      cpu::matmul(context, normal({300, 1500}, DType::f32, random),
                  normal({1500, 200}, DType::f32, random), product);
      results.push_back(product);
      Array bias = Array::uninitialized({{24}, DType::f32});
      cpu::reduce_sum(context, ybar, {true, true, true, false}, bias);
      results.push_back(bias);
      Array sum = Array::uninitialized(ybar.type());
      cpu::map(context, internal::function("add"), ybar, y, sum);
      results.push_back(sum);
      const AxisWindow half{.stride = 2, .lo = 1};
      const Window halves{.rows = half, .cols = half};
      Array pooled = Array::uninitialized({{40, 6, 6, 24}, DType::f32});
      cpu::pool_select(context, y, y, {3, 3}, halves, pooled);
      results.push_back(pooled);
      Array spread = Array::uninitialized(y.type());
      cpu::pool_spread(context, y, pooled, {3, 3}, halves, spread);
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
      const KernelSize kernel{draw(random, 1, 3), draw(random, 1, 3)};
      const auto axis = [&](Index k) {
        const Index stride = draw(random, 1, 3);
        return AxisWindow{.stride = stride, .lo = draw(random, 0, k - 1)};
      };
      const AxisWindow along_rows = axis(kernel.rows);
      const Window window{.rows = along_rows, .cols = axis(kernel.cols)};
      const Shape ys{xs[0], internal::output_length(xs[1], kernel.rows, window.rows),
                     internal::output_length(xs[2], kernel.cols, window.cols), xs[3]};
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

TEST_CASE("correlate does not lay out the zeros between far apart taps") {
  // Two taps 2^27 apart meet the two corners: 3·5 + 4·7.
  constexpr Index kFar = Index{1} << 27;
  Context context(2);
  const Array x = Array::from<float>({1, 2, 2, 1}, {3, 0, 0, 4});
  const Array w = Array::from<float>({2, 2, 1, 1}, {5, 1, 1, 7});
  const AxisWindow far{.kernel_dilation = kFar, .input_dilation = kFar};
  const Window window{.rows = far, .cols = far};
  Array y = Array::full({{1, 1, 1, 1}, DType::f32}, -1.0);
  cpu::correlate(context, x, w, window, y);
  CHECK(y.item() == 43.0);
}

TEST_CASE("pooling takes the first NaN of a window and of equals the first") {
  const double nan = std::nan("");
  Context context(1);
  // Rows of one image, three columns: a 2x2 window (its own routine) and a 2x3 one.
  const Array x = Array::from<double>({1, 2, 3, 1}, {1, nan, 2, nan, 9, 2});
  const Array u = Array::from<double>({1, 2, 3, 1}, {10, 20, 30, 40, 50, 60});
  const Array ybar = Array::full({{1, 1, 1, 1}, DType::f64}, 8.0);
  for (const Index cols : {2, 3}) {
    CAPTURE(cols);
    const Window window{.rows = {.stride = 2}, .cols = {.stride = 3}};
    Array y = Array::zeros(ybar.type());
    cpu::pool_select(context, x, x, {2, cols}, window, y);
    CHECK(std::isnan(y.item()));
    cpu::pool_select(context, x, u, {2, cols}, window, y);
    CHECK(y.item() == 20.0);
    Array xbar = Array::full(x.type(), -1.0);
    cpu::pool_spread(context, x, ybar, {2, cols}, window, xbar);
    CHECK(xbar.to_vector() == std::vector<double>{0, 8, 0, 0, 0, 0});
  }
  const Array equal = Array::full(x.type(), 5.0);
  Array xbar = Array::full(x.type(), -1.0);
  cpu::pool_spread(context, equal, ybar, {2, 2}, {.rows = {.stride = 2}, .cols = {.stride = 3}},
                   xbar);
  CHECK(xbar.to_vector() == std::vector<double>{8, 0, 0, 0, 0, 0});
}

}  // namespace autonet
