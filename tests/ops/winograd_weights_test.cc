// Winograd's algorithm for weight gradients against plain loops in double precision, at every
// instruction set of this machine: odd shapes and margins, unusual layouts, and the rounding.
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "ops/cpu/correlate.h"
#include "ops/cpu/outer_products.h"
#include "ops/cpu/winograd_weights.h"
#include "tests/ops/every_target.h"

namespace autonet {
TEST_CASE("winograd_weights agrees with plain loops") {
  constexpr std::uint64_t kSeed = 51;
  CAPTURE(kSeed);
  Random random(kSeed);
  Context context(2);
  int done = 0;
  while (done < 30) {
    const Shape xs{draw(random, 1, 20), draw(random, 1, 13), draw(random, 1, 13),
                   draw(random, 1, 40)};
    const Window window =
        margins(draw(random, -2, 4), draw(random, -2, 4), draw(random, -2, 4), draw(random, -2, 4));
    // A window on x as long as ybar and two more.
    const Index rows = xs[1] + window.rows.lo + window.rows.hi - 2;
    const Index cols = xs[2] + window.cols.lo + window.cols.hi - 2;
    if (rows < 1 || cols < 1) continue;
    ++done;
    const Shape ys{xs[0], rows, cols, draw(random, 1, 70)};
    // Images that lie apart, and among other channels.
    const Index apart = static_cast<Index>(random.below(3));
    const Array wide_x = normal({xs[0], xs[1], xs[2], xs[3] + apart}, DType::f32, random);
    const Array wide_y = normal({ys[0], ys[1], ys[2], ys[3] + apart}, DType::f32, random);
    const Array x = images_of(wide_x).slice(0, apart, xs[3]);
    const Array ybar = kernel_of(wide_y).slice(3, 0, ys[3]);
    Array expected = Array::uninitialized({{xs[3], 3, 3, ys[3]}, DType::f32});
    cpu::correlate_reference(x, ybar, window, expected);
    at_every_target([&] {
      INFO("x " << xs.str() << ", ybar " << ys.str() << ", margins " << window.rows.lo << " "
                << window.rows.hi << " " << window.cols.lo << " " << window.cols.hi);
      GuardedOutput got(expected.type());
      cpu::winograd_weights(context, cpu::Problem<float>(x, ybar, window, got.array));
      CHECK(relative_error(got.array, expected) < 1e-5);
      CHECK(got.untouched());
    });
  }
}

TEST_CASE("the rounding of winograd_weights over a batch") {
  constexpr std::uint64_t kSeed = 52;
  CAPTURE(kSeed);
  Random random(kSeed);
  Context context(2);
  for (const Index batch : {20, 100}) {
    const Array x = normal({batch, 16, 16, 64}, DType::f32, random);
    const Array ybar = normal({batch, 16, 16, 64}, DType::f32, random);
    const auto type = ArrayType{{64, 3, 3, 64}, DType::f32};
    Array exact = Array::uninitialized({type.shape, DType::f64});
    Array direct = Array::uninitialized(type);
    Array got = Array::uninitialized(type);
    const Window window = margins(1, 1, 1, 1);
    cpu::correlate(context, images_of(x.to(DType::f64)), kernel_of(ybar.to(DType::f64)), window,
                   exact);
    const Array a = images_of(x);
    const Array b = kernel_of(ybar);
    cpu::sum_outer_products(context, cpu::Problem<float>(a, b, window, direct));
    cpu::winograd_weights(context, cpu::Problem<float>(a, b, window, got));
    MESSAGE("batch " << batch << ": relative error " << relative_error(got, exact)
                     << ", of the direct sum " << relative_error(direct, exact));
    CHECK(relative_error(got, exact) < 1e-5);
  }
}

TEST_CASE("winograd_weights gives the same bits on any number of threads, by each cut") {
  constexpr std::uint64_t kSeed = 53;
  CAPTURE(kSeed);
  Random random(kSeed);
  // Eight parts, four, and one.
  for (const auto& [c, k] : {std::pair<Index, Index>{17, 20}, {40, 48}, {70, 66}}) {
    const Array x = normal({30, 9, 8, c}, DType::f32, random);
    const Array ybar = normal({30, 9, 8, k}, DType::f32, random);
    std::vector<Array> results;
    for (const int threads : {1, 2, 3}) {
      Context context(threads);
      Array got = Array::zeros({{c, 3, 3, k}, DType::f32});
      cpu::winograd_weights(
          context, cpu::Problem<float>(images_of(x), kernel_of(ybar), margins(1, 1, 1, 1), got));
      results.push_back(got);
    }
    for (const Array& other : results) {
      CHECK(std::memcmp(other.raw(), results[0].raw(), other.type().bytes()) == 0);
    }
  }
}

TEST_CASE("where Winograd's algorithm is used for weight gradients") {
  const auto routine = [](Index batch, Index side, Index channels, Index outputs, Index taps,
                          bool exact = false) {
    const Array x = Array::zeros({{batch, side, side, channels}, DType::f32});
    const Array ybar = Array::zeros({{batch, side, side, outputs}, DType::f32});
    return cpu::routine_for(images_of(x), kernel_of(ybar), padded(taps / 2),
                            {{channels, taps, taps, outputs}, DType::f32}, exact);
  };
  constexpr auto kDirect = cpu::Routine::outer_products;
  CHECK(routine(100, 16, 32, 32, 3) == cpu::Routine::winograd_weights);
  CHECK(routine(20, 8, 128, 256, 3) == cpu::Routine::winograd_weights);
  CHECK(routine(100, 16, 32, 32, 3, true) == kDirect);
  CHECK(routine(100, 16, 1, 32, 3) == kDirect);   // the transforms would cost more than they save
  CHECK(routine(100, 16, 32, 32, 5) == kDirect);  // another kernel
  CHECK(routine(1, 3, 64, 64, 3) == kDirect);     // a tile that sticks out, and many sums for it
}

}  // namespace autonet
