// The three rules of convolution against brute force, in exact arithmetic: small whole numbers in
// f64 are added and multiplied without rounding, so every comparison is for equality.
#include <doctest/doctest.h>

#include <random>
#include <vector>

#include "autonet/autograd/error.h"
#include "autonet/autograd/grad.h"
#include "autonet/autograd/tape.h"
#include "autonet/ops/conv2d.h"
#include "autonet/ops/views.h"

namespace autonet {
namespace {

Array integers(const Shape& shape, std::mt19937& random) {
  std::uniform_int_distribution<int> digit(-4, 4);
  std::vector<double> values(static_cast<size_t>(shape.size()));
  for (double& value : values) value = digit(random);
  return Array::from<double>(shape, std::span<const double>(values));
}

/// The bilinear map y(x, w) and its transposes by the definition alone: one loop over every
/// (output, tap) pair that meets a number of x. No rule, no flip and no margin arithmetic.
struct BruteForce {
  Shape x, w, y;
  Window window;

  template <typename Visit>
  void for_each_term(Visit visit) const {
    const auto source = [](Index out, Index tap, const AxisWindow& p, Index n) {
      const Index place = out * p.stride + tap * p.kernel_dilation - p.lo;
      if (place < 0 || place % p.input_dilation != 0) return Index{-1};
      return place / p.input_dilation < n ? place / p.input_dilation : Index{-1};
    };
    const Index in_group = w[2];
    const Index out_group = w[3] / window.groups;
    for (Index b = 0; b < y[0]; ++b)
      for (Index i = 0; i < y[1]; ++i)
        for (Index j = 0; j < y[2]; ++j)
          for (Index r = 0; r < w[0]; ++r)
            for (Index s = 0; s < w[1]; ++s) {
              const Index row = source(i, r, window.rows, x[1]);
              const Index col = source(j, s, window.cols, x[2]);
              if (row < 0 || col < 0) continue;
              for (Index k = 0; k < w[3]; ++k)
                for (Index c = 0; c < in_group; ++c) {
                  const Index channel = k / out_group * in_group + c;
                  visit(((b * x[1] + row) * x[2] + col) * x[3] + channel,
                        ((r * w[1] + s) * w[2] + c) * w[3] + k,
                        ((b * y[1] + i) * y[2] + j) * y[3] + k);
                }
            }
  }

  enum class Of { x, w, y };
  /// The sum over all terms of the two given factors, gathered at the third place.
  std::vector<double> apply(Of wanted, const Array& a, const Array& b) const {
    const Shape& shape = wanted == Of::x ? x : wanted == Of::w ? w : y;
    std::vector<double> sum(static_cast<size_t>(shape.size()), 0.0);
    const double* p = a.data<double>();
    const double* q = b.data<double>();
    for_each_term([&](Index ix, Index iw, Index iy) {
      if (wanted == Of::x) sum[static_cast<size_t>(ix)] += p[iw] * q[iy];
      if (wanted == Of::w) sum[static_cast<size_t>(iw)] += p[ix] * q[iy];
      if (wanted == Of::y) sum[static_cast<size_t>(iy)] += p[ix] * q[iw];
    });
    return sum;
  }
};

/// The number of mismatches of orders zero, one and two for one setting.
int mismatches(const Shape& xs, const Shape& ws, const Window& window, std::mt19937& random) {
  using Of = BruteForce::Of;
  Tape tape;
  const Var x = tape.variable(integers(xs, random));
  const Var w = tape.variable(integers(ws, random));
  const Var y = conv2d(x, w, window);
  const BruteForce brute{xs, ws, y.shape(), window};
  const Var ybar = tape.variable(integers(y.shape(), random));
  const std::vector<Var> xw{x, w};
  const std::vector<Var> bars = vjp(y, xw, ybar);

  int wrong = 0;
  const auto compare = [&](Var got, const std::vector<double>& expected) {
    wrong += got.value().to_vector() != expected;
  };
  compare(y, brute.apply(Of::y, x.value(), w.value()));
  compare(bars[0], brute.apply(Of::x, w.value(), ybar.value()));
  compare(bars[1], brute.apply(Of::w, x.value(), ybar.value()));

  // xbar(w, ybar) and wbar(x, ybar) are bilinear too: differentiate them once more.
  const Var u = tape.variable(integers(xs, random));
  const std::vector<Var> w_ybar{w, ybar};
  const std::vector<Var> second_x = vjp(bars[0], w_ybar, u);
  compare(second_x[0], brute.apply(Of::w, u.value(), ybar.value()));
  compare(second_x[1], brute.apply(Of::y, u.value(), w.value()));
  const Var v = tape.variable(integers(ws, random));
  const std::vector<Var> x_ybar{x, ybar};
  const std::vector<Var> second_w = vjp(bars[1], x_ybar, v);
  compare(second_w[0], brute.apply(Of::x, v.value(), ybar.value()));
  compare(second_w[1], brute.apply(Of::y, x.value(), v.value()));
  return wrong;
}

}  // namespace

TEST_CASE("the 1-D example by hand: x of length 4, w of length 3, no padding") {
  Tape tape;
  const Var x = tape.variable(Array::from<double>({1, 1, 4, 1}, {2, 3, 5, 7}));
  const Var w = tape.variable(Array::from<double>({1, 3, 1, 1}, {11, 13, 17}));
  const Var d = tape.variable(Array::from<double>({1, 1, 2, 1}, {19, 23}));
  const Var y = convolve(x, flip(w, {0, 1}));
  // y = (x1 w1 + x2 w2 + x3 w3, x2 w1 + x3 w2 + x4 w3)
  CHECK(y.value().to_vector() == std::vector<double>{22 + 39 + 85, 33 + 65 + 119});
  CHECK(conv2d(x, w).value().to_vector() == y.value().to_vector());
  const std::vector<Var> xw{x, w};
  const std::vector<Var> bars = vjp(y, xw, d);
  // xbar = (w1 d1, w2 d1 + w1 d2, w3 d1 + w2 d2, w3 d2)
  CHECK(bars[0].value().to_vector() ==
        std::vector<double>{11 * 19, 13 * 19 + 11 * 23, 17 * 19 + 13 * 23, 17 * 23});
  // wbar = (x1 d1 + x2 d2, x2 d1 + x3 d2, x3 d1 + x4 d2)
  CHECK(bars[1].value().to_vector() ==
        std::vector<double>{2 * 19 + 3 * 23, 3 * 19 + 5 * 23, 5 * 19 + 7 * 23});
}

TEST_CASE("the rules as the textbook writes them: margins p and k - p - 1") {
  Tape tape;
  std::mt19937 random(7);
  const Var x = tape.variable(integers({1, 6, 6, 1}, random));
  const Var w = tape.variable(integers({3, 3, 1, 1}, random));
  const Var y = convolve(x, flip(w, {0, 1}), padded(1));
  const Var ybar = tape.variable(integers(y.shape(), random));
  const std::vector<Var> xw{x, w};
  const std::vector<Var> bars = vjp(y, xw, ybar);
  CHECK(convolve(ybar, w, padded(3 - 1 - 1)).value().to_vector() == bars[0].value().to_vector());
  const Var ybar_as_kernel = reshape(ybar, {6, 6, 1, 1});
  CHECK(convolve(x, flip(ybar_as_kernel, {0, 1}), padded(1)).value().to_vector() ==
        bars[1].value().to_vector());
}

TEST_CASE("orders zero to two are exact in every one-dimensional setting") {
  constexpr unsigned kSeed = 1;
  CAPTURE(kSeed);
  std::mt19937 random(kSeed);
  int settings = 0;
  int negative_margins = 0;
  int remainders = 0;
  int wrong = 0;
  for (Index n = 1; n <= 7; ++n)
    for (Index k = 1; k <= 4; ++k)
      for (Index s = 1; s <= 3; ++s)
        for (Index d = 1; d <= 3; ++d)
          for (Index e = 1; e <= 2; ++e)
            for (Index lo = -3; lo <= 5; ++lo)
              for (Index hi = -3; hi <= 5; ++hi) {
                const Index free = internal::dilated(n, e) + lo + hi - internal::dilated(k, d);
                if (free < 0) continue;
                ++settings;
                negative_margins += lo < 0 || hi < 0;
                remainders += free % s != 0;
                // Rows and columns in turn, so that the code of both axes is tested.
                const AxisWindow along{s, d, e, lo, hi};
                const bool rows = settings % 2 == 0;
                const int failed =
                    rows ? mismatches({1, n, 1, 1}, {k, 1, 1, 1}, {along, {}, 1}, random)
                         : mismatches({1, 1, n, 1}, {1, k, 1, 1}, {{}, along, 1}, random);
                if (failed > 0) {
                  INFO("n " << n << ", k " << k << ", stride " << s << ", kernel dilation " << d
                            << ", input dilation " << e << ", margins " << lo << " " << hi);
                  CHECK(failed == 0);
                }
                wrong += failed;
              }
  MESSAGE(settings << " settings, " << negative_margins << " with a negative margin, " << remainders
                   << " with a stride remainder");
  CHECK(settings >= 15000);
  CHECK(negative_margins >= 5000);
  CHECK(remainders >= 3000);
  CHECK(wrong == 0);
}

TEST_CASE("orders zero to two are exact in random two-dimensional settings with channels") {
  constexpr unsigned kSeed = 2;
  CAPTURE(kSeed);
  std::mt19937 random(kSeed);
  const auto draw = [&](int low, int high) {
    return static_cast<Index>(std::uniform_int_distribution<int>(low, high)(random));
  };
  int settings = 0;
  int grouped = 0;
  while (settings < 500) {
    const Index groups = draw(1, 3);
    const Shape xs{draw(1, 3), draw(1, 6), draw(1, 6), groups * draw(1, 3)};
    const Shape ws{draw(1, 4), draw(1, 4), xs[3] / groups, groups * draw(1, 3)};
    const auto axis = [&] {
      return AxisWindow{draw(1, 3), draw(1, 2), draw(1, 2), draw(-2, 4), draw(-2, 4)};
    };
    const Window window{axis(), axis(), groups};
    const auto fits = [](Index n, Index k, const AxisWindow& p) {
      return internal::dilated(n, p.input_dilation) + p.lo + p.hi >=
             internal::dilated(k, p.kernel_dilation);
    };
    if (!fits(xs[1], ws[0], window.rows) || !fits(xs[2], ws[1], window.cols)) continue;
    ++settings;
    grouped += groups > 1;
    CAPTURE(xs.str());
    CAPTURE(ws.str());
    CHECK(mismatches(xs, ws, window, random) == 0);
  }
  CHECK(grouped >= 100);
}

TEST_CASE("errors name both shapes and the way out") {
  Tape tape;
  const Var x = tape.placeholder({{8, 28, 28, 3}, DType::f32}, "x");
  const Var w = tape.placeholder({{5, 5, 1, 16}, DType::f32}, "w");
  CHECK_THROWS_WITH_AS(convolve(x, w),
                       "convolve: w expects 1 input channel but x has 3; x [8,28,28,3], w "
                       "[5,5,1,16] read as [R,S,C,K]",
                       Error);
  CHECK_THROWS_WITH_AS(conv2d(x, tape.placeholder({{29, 5, 3, 16}, DType::f32}, "w")),
                       "conv2d: the kernel covers 29 rows but x has 28 with its margins 0 and 0; x "
                       "[8,28,28,3], w [29,5,3,16] read as [R,S,C,K]; use a smaller kernel or more "
                       "padding",
                       Error);
  CHECK_THROWS_WITH_AS(conv2d(x, tape.placeholder({{5, 5, 3, 16}, DType::f64}, "w")),
                       "conv2d: x is f32 but w is f64; x [8,28,28,3], w [5,5,3,16]", Error);
  CHECK_THROWS_WITH_AS(conv2d(reshape(x, {8, 28, 84}), w),
                       "conv2d: needs x [N,H,W,C] and w [R,S,C,K], four axes each; x [8,28,84], w "
                       "[5,5,1,16]",
                       Error);
  Window stride_zero;
  stride_zero.cols.stride = 0;
  CHECK_THROWS_WITH_AS(conv2d(x, tape.placeholder({{5, 5, 3, 16}, DType::f32}, "w"), stride_zero),
                       "conv2d: stride along the columns must be from 1 to 268435456, got 0; x "
                       "[8,28,28,3], w [5,5,3,16] read as [R,S,C,K]",
                       Error);
  Window two_groups;
  two_groups.groups = 2;
  CHECK_THROWS_WITH_AS(conv2d(x, w, two_groups),
                       "conv2d: 2 groups do not divide the channels, 3 of x and 16 of y; x "
                       "[8,28,28,3], w [5,5,1,16] read as [R,S,C,K]",
                       Error);
}

}  // namespace autonet
