// Sums of products in f32 against f64, in units of the rounding that must be expected. The sums of
// each routine, and those along each slice of them (one tap, one channel, one image …), may not all
// be too large or too small by the same factor: rounding errors are independent and nearly cancel
// in the mean, while a wrong factor stays. So an error of one part in a million shows, which is far
// below the error of a single sum.
#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "ops/cpu/correlate.h"
#include "ops/cpu/outer_products.h"
#include "ops/cpu/winograd_weights.h"
#include "tests/ops/every_target.h"

namespace autonet {
namespace {

/// The most that <got - exact, exact> / <exact, exact> is off over any slice of at least kSlice
/// elements, in units of 2^-24 sqrt(terms / elements): what independent errors of `terms` additions
/// leave in the mean.
double common_factor(const Array& got, const Array& exact, double terms) {
  constexpr Index kSlice = 200;
  const std::vector<double> a = got.to_vector();
  const std::vector<double> b = exact.to_vector();
  const Shape& shape = exact.shape();
  double worst = 0.0;
  Index inner = exact.size();
  for (int axis = -1; axis < shape.rank(); ++axis) {  // -1: the whole array
    const Index length = axis < 0 ? 1 : shape[axis];
    if (axis >= 0) inner /= length;
    const Index elements = exact.size() / length;
    if (elements < kSlice) continue;
    std::vector<double> error(static_cast<size_t>(length)), size(error.size());
    for (size_t i = 0; i < a.size(); ++i) {
      const size_t at = static_cast<size_t>(static_cast<Index>(i) / inner % length);
      error[at] += (a[i] - b[i]) * b[i];
      size[at] += b[i] * b[i];
    }
    const double unit = 0x1p-24 * std::sqrt(terms / static_cast<double>(elements));
    for (size_t at = 0; at < error.size(); ++at) {
      const double factor = std::abs(error[at] / size[at]) / unit;
      if (!(factor <= worst)) worst = factor;  // not std::max, which ignores a NaN
    }
  }
  return worst;
}

/// One way to sum products: f32 and f64 numbers in, sums out.
struct Sum {
  std::string name;
  Shape a, b, y;
  double terms;  // of each sum
  std::function<void(Context&, const Array& a, const Array& b, Array& y)> run;
  std::function<cpu::Routine(const Array& a, const Array& b, const Array& y)> routine;
  cpu::Routine expected;
};

Sum convolution(const std::string& name, cpu::Routine routine, const Shape& x, const Shape& w,
                bool exact) {
  const Window window = padded(w[0] / 2);
  return {
      .name = name,
      .a = x,
      .b = w,
      .y = {x[0], x[1], x[2], w[3]},
      .terms = static_cast<double>(w[0] * w[1] * w[2]),
      .run = [=](Context& context, const Array& a, const Array& b,
                 Array& y) { cpu::correlate(context, a, b, window, y, {}, exact); },
      .routine = [=](const Array& a, const Array& b,
                     const Array& y) { return cpu::routine_for(a, b, window, y.type(), exact); },
      .expected = routine};
}

/// The gradient of w [taps,taps,C,K], as [C,taps,taps,K], from x [N,H,W,C] and ybar [N,H,W,K].
Sum weight_gradient(const std::string& name, cpu::Routine routine, const Shape& x, Index outputs,
                    Index taps, bool exact, bool contiguous = false) {
  const Window window = padded(taps / 2);
  const auto seen = [contiguous](const Array& a, const Array& b) {
    return contiguous ? std::pair(images_of(a).clone(), kernel_of(b).clone())
                      : std::pair(images_of(a), kernel_of(b));
  };
  return {.name = name,
          .a = x,
          .b = {x[0], x[1], x[2], outputs},
          .y = {x[3], taps, taps, outputs},
          .terms = static_cast<double>(x[0] * x[1] * x[2]),
          .run =
              [=](Context& context, const Array& a, const Array& b, Array& y) {
                const auto [images, kernel] = seen(a, b);
                cpu::correlate(context, images, kernel, window, y, {}, exact);
              },
          .routine =
              [=](const Array& a, const Array& b, const Array& y) {
                const auto [images, kernel] = seen(a, b);
                return cpu::routine_for(images, kernel, window, y.type(), exact);
              },
          .expected = routine};
}

Sum product(const std::string& name, cpu::Routine routine, Index rows, Index depth, Index columns) {
  return {.name = name,
          .a = {rows, depth},
          .b = {depth, columns},
          .y = {rows, columns},
          .terms = static_cast<double>(depth),
          .run = [](Context& context, const Array& a, const Array& b,
                    Array& y) { cpu::matmul(context, a, b, y); },
          .routine = [](const Array& a, const Array& b,
                        const Array&) { return cpu::routine_for(a, b); },
          .expected = routine};
}

}  // namespace

TEST_CASE("sums of products are not too large or too small by one part in a million") {
  constexpr std::uint64_t kSeed = 81;
  CAPTURE(kSeed);
  using cpu::Routine;
  const Sum sums[] = {
      convolution("forward, slid", Routine::slide, {3, 8, 8, 12}, {3, 3, 12, 33}, true),
      convolution("forward, 5x5", Routine::slide, {3, 9, 8, 5}, {5, 5, 5, 16}, false),
      convolution("forward, Winograd", Routine::winograd, {9, 16, 16, 32}, {3, 3, 32, 32}, false),
      weight_gradient("weights, outer products", Routine::outer_products, {9, 8, 8, 24}, 33, 3,
                      true),
      weight_gradient("weights, outer products, 5x5", Routine::outer_products, {9, 8, 8, 16}, 32, 5,
                      false),
      weight_gradient("weights, Winograd", Routine::winograd_weights, {9, 16, 16, 32}, 32, 3,
                      false),
      weight_gradient("weights, Winograd, one part", Routine::winograd_weights, {9, 8, 8, 72}, 65,
                      3, false),
      weight_gradient("weights, slid", Routine::slide, {9, 8, 8, 24}, 33, 3, false, true),
      product("matmul, packed", Routine::packed, 70, 64, 33),
      product("matmul, in place", Routine::in_place, 40, 64, 64),
      product("matmul, deep", Routine::packed, 65, 1500, 31),
  };
  at_every_target([&] {
    for (const Sum& sum : sums) {
      CAPTURE(sum.name);
      Random random(kSeed);
      Context context(2);
      const Array a = normal(sum.a, DType::f32, random);
      const Array b = normal(sum.b, DType::f32, random);
      Array got = Array::full({sum.y, DType::f32}, 7.0);
      Array exact = Array::full({sum.y, DType::f64}, 7.0);
      CHECK(sum.routine(a, b, got) == sum.expected);
      sum.run(context, a, b, got);
      sum.run(context, a.to(DType::f64), b.to(DType::f64), exact);
      const double factor = common_factor(got, exact, sum.terms);
      MESSAGE(sum.name << ": " << factor << " units");
      // Measured: up to 1.3 units, and up to 12 for Winograd's algorithm, whose errors in the
      // transformed weights are common to all tiles.
      const bool winograd =
          sum.expected == Routine::winograd || sum.expected == Routine::winograd_weights;
      const double most = winograd ? 20.0 : 4.0;
      CHECK(factor < most);
      // The test can see one part in a million.
      Array wrong = got.clone();
      for (Index i = 0; i < wrong.size(); ++i) wrong.data<float>()[i] *= 1.0F + 1e-6F;
      CHECK(common_factor(wrong, exact, sum.terms) > most);
    }
  });
}

}  // namespace autonet
