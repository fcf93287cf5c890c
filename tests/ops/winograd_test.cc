// Winograd's algorithm against plain loops in double precision, at every instruction set of this
// machine: odd shapes and margins, kernels in unusual layouts, epilogues, and the rounding.
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "ops/cpu/correlate.h"
#include "ops/cpu/winograd.h"
#include "tests/ops/every_target.h"

namespace autonet {
namespace {

void winograd(Context& context, const Array& x, const Array& w, const Window& window, Array& y,
              const cpu::Following& following = {}) {
  cpu::winograd_correlate(context, cpu::Problem<float>(x, w, window, y),
                          cpu::Epilogue<float>(following));
}

}  // namespace

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
    const Index rows = internal::output_length(xs[1], 3, window.rows);
    const Index cols = internal::output_length(xs[2], 3, window.cols);
    if (rows < 1 || cols < 1) continue;
    ++done;
    const Array x = normal(xs, DType::f32, random);
    const Array w = strange(normal(ws, DType::f32, random), random);
    const Array bias = normal({ws[3]}, DType::f32, random);
    const Array gate = normal({xs[0], rows, cols, ws[3]}, DType::f32, random);
    cpu::Following following;
    if (random.below(2) == 0) following.bias = &bias;
    if (random.below(2) == 0) following.relu = true;
    if (random.below(2) == 0) following.gate = &gate;
    Array expected = Array::uninitialized(gate.type());
    cpu::correlate_reference(x, w, window, expected);
    cpu::apply(cpu::Epilogue<float>(following), expected.data<float>(), expected.size() / ws[3],
               ws[3]);
    at_every_target([&] {
      INFO("x " << xs.str() << ", w " << ws.str() << ", margins " << window.rows.lo << " "
                << window.rows.hi << " " << window.cols.lo << " " << window.cols.hi << ", bias "
                << (following.bias != nullptr) << ", relu " << following.relu << ", gate "
                << (following.gate != nullptr));
      GuardedOutput got(expected.type());
      winograd(context, x, w, window, got.array, following);
      check_close(got.array, expected, 1e-4);
      CHECK(got.untouched());
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
    winograd(context, ybar, flipped, margins(1, 1, 1, 1), got);
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
      winograd(context, x, w, {}, y);
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
      cpu::correlate(context, x, w, margins(1, 1, 1, 1), direct, {}, true);
      winograd(context, x, w, margins(1, 1, 1, 1), got);
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
      winograd(context, x, w, margins(2, 1, 1, 1), y, {.bias = &bias, .relu = true});
      if (threads == 1) first = y;
      INFO("threads " << threads);
      CHECK(std::memcmp(y.raw(), first.raw(), first.type().bytes()) == 0);
    }
  });
}

TEST_CASE("where Winograd's algorithm is used for the forward pass") {
  const auto routine = [](const Shape& xs, const Shape& ws, const Window& window,
                          DType dtype = DType::f32, bool exact = false) {
    const Shape ys{xs[0], internal::output_length(xs[1], ws[0], window.rows),
                   internal::output_length(xs[2], ws[1], window.cols), ws[3]};
    return cpu::routine_for(Array::zeros({xs, dtype}), Array::zeros({ws, dtype}), window,
                            {ys, dtype}, exact);
  };
  const Window same = padded(1);
  const Shape xs{20, 16, 16, 32};
  CHECK(routine(xs, {3, 3, 32, 32}, same) == cpu::Routine::winograd);
  CHECK(routine(xs, {3, 3, 32, 64}, {}) == cpu::Routine::winograd);
  constexpr auto kSlide = cpu::Routine::slide;
  CHECK(routine(xs, {3, 3, 32, 32}, same, DType::f64) == kSlide);
  CHECK(routine(xs, {3, 3, 32, 32}, same, DType::f32, true) == kSlide);
  CHECK(routine(xs, {5, 5, 32, 32}, padded(2)) == kSlide);
  CHECK(routine(xs, {3, 5, 32, 32}, same) == kSlide);
  CHECK(routine(xs, {3, 3, 16, 32}, {same.rows, same.cols, 2}) == kSlide);
  CHECK(routine(xs, {3, 3, 32, 32}, {.rows = {.stride = 2, .lo = 1}, .cols = same.cols}) == kSlide);
  CHECK(routine(xs, {3, 3, 32, 32}, {.rows = same.rows, .cols = {.kernel_dilation = 2}}) == kSlide);
  CHECK(routine(xs, {3, 3, 32, 32}, {.rows = same.rows, .cols = {.input_dilation = 2}}) == kSlide);
  CHECK(routine({20, 16, 16, 3}, {3, 3, 3, 64}, same) == kSlide);    // few channels
  CHECK(routine({20, 5, 5, 32}, {3, 3, 32, 32}, same) == kSlide);    // tiles mostly outside
  CHECK(routine({1, 8, 8, 256}, {3, 3, 256, 256}, same) == kSlide);  // most work in the weights
  CHECK(routine({0, 16, 16, 32}, {3, 3, 32, 32}, same) == kSlide);   // no images
}

TEST_CASE("where the other routines are used") {
  const auto zeros = [](const Shape& shape) { return Array::zeros({shape, DType::f32}); };
  const auto routine = [](const Array& x, const Array& w, const Window& window, const Shape& y) {
    return cpu::routine_for(x, w, window, {y, DType::f32}, false);
  };
  const Array x = zeros({20, 8, 8, 5});
  const Array ybar = zeros({20, 8, 8, 7});
  CHECK(routine(images_of(x), kernel_of(ybar), padded(1), {5, 3, 3, 7}) ==
        cpu::Routine::outer_products);
  CHECK(routine(zeros({1, 4, 4, 0}), zeros({3, 3, 0, 2}), padded(1), {1, 4, 4, 2}) ==
        cpu::Routine::reference);
  constexpr Index kFar = Index{1} << 27;
  const AxisWindow far{.kernel_dilation = kFar, .input_dilation = kFar};
  CHECK(routine(zeros({1, 2, 2, 1}), zeros({2, 2, 1, 1}), {.rows = far, .cols = far},
                {1, 1, 1, 1}) == cpu::Routine::reference);
  CHECK(cpu::routine_for(zeros({20, 64}), zeros({64, 64})) == cpu::Routine::in_place);
  CHECK(cpu::routine_for(zeros({64, 64}), zeros({64, 64})) == cpu::Routine::packed);
  CHECK(cpu::routine_for(zeros({20, 64}), zeros({64, 63})) == cpu::Routine::packed);
  CHECK(cpu::routine_for(zeros({20, 64}), zeros({64, 64}).swap_axes(0, 1)) == cpu::Routine::packed);
  for (const cpu::Routine each :
       {cpu::Routine::slide, cpu::Routine::outer_products, cpu::Routine::winograd,
        cpu::Routine::winograd_weights, cpu::Routine::reference, cpu::Routine::packed,
        cpu::Routine::in_place}) {
    CHECK_FALSE(cpu::name_of(each).empty());
  }
}

}  // namespace autonet
