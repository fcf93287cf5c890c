// Convolution by fewer products against plain loops in double precision, at every instruction set
// of this machine: odd shapes and margins, kernels in strange layouts, epilogues, and the rounding.
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "ops/cpu/correlate.h"
#include "ops/cpu/winograd.h"
#include "tests/ops/every_target.h"

namespace autonet {
TEST_CASE("winograd_correlate agrees with plain loops") {
  constexpr std::uint64_t kSeed = 41;
  CAPTURE(kSeed);
  Random random(kSeed);
  Context context(2);
  int done = 0;
  while (done < 80) {
    const Shape xs{draw(random, 1, 4), draw(random, 1, 13), draw(random, 1, 13),
                   draw(random, 1, 40)};
    const Shape ws{3, 3, xs[3], draw(random, 1, 70)};
    const Window window =
        margins(draw(random, -2, 4), draw(random, -2, 4), draw(random, -2, 4), draw(random, -2, 4));
    const Index rows = output_length(xs[1], 3, window.rows);
    const Index cols = output_length(xs[2], 3, window.cols);
    if (rows < 1 || cols < 1) continue;
    ++done;
    const Array x = normal(xs, DType::f32, random);
    const Array w = strange(normal(ws, DType::f32, random), random);
    const Array bias = normal({ws[3]}, DType::f32, random);
    const Array gate = normal({xs[0], rows, cols, ws[3]}, DType::f32, random);
    cpu::Epilogue<float> epilogue;
    if (random.below(2) == 0) epilogue.bias = bias.data<float>();
    if (random.below(2) == 0) epilogue.relu = true;
    if (random.below(2) == 0) epilogue.gate = gate.data<float>();
    Array expected = Array::uninitialized(gate.type());
    cpu::correlate_reference(x, w, window, expected);
    for (Index i = 0; i < expected.size(); ++i) {
      float& y = expected.data<float>()[i];
      if (epilogue.bias != nullptr) y += epilogue.bias[i % ws[3]];
      if (epilogue.relu) y = std::max(y, 0.0F);
      if (epilogue.gate != nullptr) y = epilogue.gate[i] > 0.0F ? y : 0.0F;
    }
    at_every_target([&] {
      INFO("x " << xs.str() << ", w " << ws.str() << ", margins " << window.rows.lo << " "
                << window.rows.hi << " " << window.cols.lo << " " << window.cols.hi << ", bias "
                << (epilogue.bias != nullptr) << ", relu " << epilogue.relu << ", gate "
                << (epilogue.gate != nullptr));
      // Nothing may be written behind the last output.
      Array room = Array::full({{expected.size() + 64}, DType::f32}, 7.0);
      Array got = Array::wrap(room.raw(), expected.type(), nullptr);
      cpu::winograd_correlate(context, x, w, window, got, epilogue);
      check_close(got, expected, 1e-4);
      bool untouched = true;
      for (Index i = expected.size(); i < room.size(); ++i) {
        untouched = untouched && room.data<float>()[i] == 7.0F;
      }
      CHECK(untouched);
    });
  }
}

TEST_CASE("winograd_correlate as the input gradient: outputs and channels swapped, taps flipped") {
  constexpr std::uint64_t kSeed = 42;
  CAPTURE(kSeed);
  at_every_target([&] {
    Random random(kSeed);
    Context context(2);
    const Array ybar = normal({3, 8, 9, 33}, DType::f32, random);
    const Array w = normal({3, 3, 21, 33}, DType::f32, random);
    const Array flipped = w.swap_axes(2, 3).flip(std::vector<int>{0, 1});
    Array expected = Array::uninitialized({{3, 8, 9, 21}, DType::f32});
    Array got = Array::full(expected.type(), 7.0);
    cpu::correlate_reference(ybar, flipped, margins(1, 1, 1, 1), expected);
    cpu::winograd_correlate(context, ybar, flipped, margins(1, 1, 1, 1), got, {});
    check_close(got, expected, 1e-4);
  });
}

TEST_CASE("winograd_correlate with one tap shifts the image") {
  Context context(1);
  Array x = Array::zeros({{1, 6, 6, 1}, DType::f32});
  for (Index i = 0; i < 36; ++i) x.data<float>()[i] = static_cast<float>(i);
  for (Index r = 0; r < 3; ++r) {
    for (Index s = 0; s < 3; ++s) {
      CAPTURE(r);
      CAPTURE(s);
      Array w = Array::zeros({{3, 3, 1, 1}, DType::f32});
      w.set({r, s, 0, 0}, 1.0);
      Array y = Array::full({{1, 4, 4, 1}, DType::f32}, 7.0);
      cpu::winograd_correlate(context, x, w, {}, y, {});
      for (Index i = 0; i < 4; ++i)
        for (Index j = 0; j < 4; ++j)
          CHECK(y.at({0, i, j, 0}) == doctest::Approx(x.at({0, i + r, j + s, 0})).epsilon(1e-4));
    }
  }
}

TEST_CASE("the rounding of winograd_correlate on N(0,1) data") {
  constexpr std::uint64_t kSeed = 43;
  CAPTURE(kSeed);
  for (const Index channels : {64, 256}) {
    Random random(kSeed);
    Context context(2);
    const Array x = normal({2, 16, 16, channels}, DType::f32, random);
    const Array w = normal({3, 3, channels, 64}, DType::f32, random);
    Array expected = Array::uninitialized({{2, 16, 16, 64}, DType::f32});
    Array direct = expected.clone();
    Array got = expected.clone();
    cpu::correlate_reference(x, w, margins(1, 1, 1, 1), expected);
    at_every_target([&] {
      cpu::correlate(context, x, w, margins(1, 1, 1, 1), direct);
      cpu::winograd_correlate(context, x, w, margins(1, 1, 1, 1), got, {});
      const double error = relative_error(got, expected);
      MESSAGE(channels << " channels: max|a - b| / max|b| = " << error << ", of the direct sum "
                       << relative_error(direct, expected));
      CHECK(error < 1e-5);
    });
  }
}

TEST_CASE("winograd_correlate: the same bits for any number of threads") {
  constexpr std::uint64_t kSeed = 44;
  CAPTURE(kSeed);
  at_every_target([&] {
    Random random(kSeed);
    const Array x = normal({30, 14, 13, 37}, DType::f32, random);
    const Array w = strange(normal({3, 3, 37, 41}, DType::f32, random), random);
    const Array bias = normal({41}, DType::f32, random);
    Array first;
    for (const int threads : {1, 2, 3}) {
      Context context(threads);
      Array y = Array::full({{30, 15, 13, 41}, DType::f32}, static_cast<double>(threads));
      cpu::winograd_correlate(context, x, w, margins(2, 1, 1, 1), y,
                              {bias.data<float>(), true, nullptr});
      if (threads == 1) first = y;
      INFO("threads " << threads);
      CHECK(std::memcmp(y.raw(), first.raw(), first.type().bytes()) == 0);
    }
  });
}

TEST_CASE("winograd_correlate passes a NaN through relu as the separate ops do") {
  Context context(1);
  Array x = Array::zeros({{1, 4, 4, 16}, DType::f32});
  x.set({0, 1, 1, 3}, std::nan(""));
  const Array w = Array::full({{3, 3, 16, 16}, DType::f32}, 1.0);
  Array y = Array::zeros({{1, 4, 4, 16}, DType::f32});
  cpu::winograd_correlate(context, x, w, margins(1, 1, 1, 1), y, {nullptr, true, nullptr});
  CHECK(std::isnan(y.at({0, 1, 1, 0})));
}

TEST_CASE("winograd_fits says no where the routine cannot do it or does not pay") {
  const auto fits = [](const Shape& xs, const Shape& ws, const Window& window,
                       DType dtype = DType::f32) {
    const Array x = Array::zeros({xs, dtype});
    const Array w = Array::zeros({ws, dtype});
    const Array y = Array::zeros({{xs[0], output_length(xs[1], ws[0], window.rows),
                                   output_length(xs[2], ws[1], window.cols), ws[3]},
                                  dtype});
    return cpu::winograd_fits(x, w, window, y);
  };
  const Window same = margins(1, 1, 1, 1);
  const Shape xs{20, 16, 16, 32};
  CHECK(fits(xs, {3, 3, 32, 32}, same));
  CHECK(fits(xs, {3, 3, 32, 64}, margins(0, 0, 0, 0)));
  CHECK_FALSE(fits(xs, {3, 3, 32, 32}, same, DType::f64));
  CHECK_FALSE(fits(xs, {5, 5, 32, 32}, margins(2, 2, 2, 2)));
  CHECK_FALSE(fits(xs, {3, 5, 32, 32}, same));
  CHECK_FALSE(fits(xs, {3, 3, 16, 32}, {same.rows, same.cols, 2}));
  CHECK_FALSE(fits(xs, {3, 3, 32, 32}, {{2, 1, 1, 1, 1}, same.cols, 1}));
  CHECK_FALSE(fits(xs, {3, 3, 32, 32}, {same.rows, {1, 2, 1, 1, 1}, 1}));
  CHECK_FALSE(fits(xs, {3, 3, 32, 32}, {same.rows, {1, 1, 2, 1, 1}, 1}));
  CHECK_FALSE(fits({20, 16, 16, 3}, {3, 3, 3, 64}, same));    // few channels
  CHECK_FALSE(fits({20, 5, 5, 32}, {3, 3, 32, 32}, same));    // tiles mostly outside
  CHECK_FALSE(fits({1, 8, 8, 256}, {3, 3, 256, 256}, same));  // all time in the weights
  CHECK_FALSE(fits({0, 16, 16, 32}, {3, 3, 32, 32}, same));   // nothing at all

  const Array x = Array::zeros({{32, 16, 16, 20}, DType::f32});
  const Array w = Array::zeros({{3, 3, 32, 32}, DType::f32});
  const Array y = Array::zeros({{20, 16, 16, 32}, DType::f32});
  CHECK_FALSE(cpu::winograd_fits(x.permute(std::vector<int>{3, 1, 2, 0}), w, same, y));
}

}  // namespace autonet
