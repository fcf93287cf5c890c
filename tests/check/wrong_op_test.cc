// Ops that are wrong on purpose: check_grad must find each.
#include <doctest/doctest.h>

#include "autonet/autograd/error.h"
#include "autonet/ops/arithmetic.h"
#include "autonet/ops/conv2d.h"
#include "autonet/ops/op_info.h"
#include "autonet/ops/reduce.h"
#include "autonet/ops/views.h"
#include "ops/cpu/correlate.h"
#include "tests/check/host_op.h"
#include "tests/check/spoilt_op.h"

namespace autonet {
namespace {

enum class Mistake { none, factor, missing_flip, padding, swapped_axes, sign, lost_image };

/// conv2d with padding 1 and as many output channels as input channels; its rules have one mistake.
class BrokenConv : public Op {
 public:
  explicit BrokenConv(Mistake mistake) : mistake_(mistake) {}
  std::string_view name() const override { return "broken_conv"; }
  int arity() const override { return 2; }
  ArrayType infer(std::span<const ArrayType> in) const override { return in[0]; }
  void forward(Context& context, std::span<const Array> in, Array& y) const override {
    cpu::correlate(context, in[0], in[1], padded(1), y);
  }
  Var vjp(int i, std::span<const Var> in, Var, Var ybar) const override {
    Window q = padded(1);  // for both gradients, as k - p - 1 = p = 1
    if (mistake_ == Mistake::padding) {
      q.rows.lo = 2;
      q.rows.hi = 0;
    }
    Var bar;
    if (i == 0) {
      const Var w = mistake_ == Mistake::swapped_axes ? in[1] : swap_axes(in[1], 2, 3);
      bar = mistake_ == Mistake::missing_flip ? conv2d(ybar, w, q) : convolve(ybar, w, q);
    } else {
      const Var x = permute(in[0], {3, 1, 2, 0});
      Var d = permute(ybar, {1, 2, 0, 3});
      if (mistake_ == Mistake::lost_image) {
        // The last image is left out of the sum.
        Array keep = Array::full({{1, 1, d.shape()[2], 1}, DType::f64}, 1.0);
        keep.set({0, 0, d.shape()[2] - 1, 0}, 0.0);
        d = d * d.tape().constant(keep);
      }
      bar = permute(mistake_ == Mistake::missing_flip ? convolve(x, d, q) : conv2d(x, d, q),
                    {1, 2, 0, 3});
      if (mistake_ == Mistake::swapped_axes) bar = swap_axes(bar, 0, 1);
    }
    if (mistake_ == Mistake::factor) return scale(bar, 1.001);
    if (mistake_ == Mistake::sign) return negate(bar);
    return bar;
  }

 private:
  Mistake mistake_;
};

CheckReport check(Mistake mistake, Index elements) {
  const std::vector<Array> points{sample({{3, 4, 5, 2}}, 11, 1), sample({{3, 3, 2, 2}}, 11, 2)};
  const std::vector<std::string> names{"x", "w"};
  const Array v = sample({{3, 4, 5, 2}}, 11, 3);  // a random cotangent
  return check_grad(
      [&](Tape& tape, std::span<const Var> in) {
        return sum(tape.record(std::make_shared<BrokenConv>(mistake), in) * tape.constant(v));
      },
      points, names, {.max_elements = elements});
}

}  // namespace

TEST_CASE("the right rules pass") {
  const CheckReport report = check(Mistake::none, 2000);
  CHECK_MESSAGE(report.verdict == Verdict::passed, to_text(report));
}

TEST_CASE("each wrong rule fails, element by element and along directions alone") {
  for (const Mistake mistake : {Mistake::factor, Mistake::missing_flip, Mistake::padding,
                                Mistake::swapped_axes, Mistake::sign, Mistake::lost_image}) {
    for (const Index elements : {2000, 0}) {
      const CheckReport report = check(mistake, elements);
      INFO("mistake " << static_cast<int>(mistake) << ", elements " << elements << "\n"
                      << to_text(report));
      CHECK(report.verdict == Verdict::failed);
      CHECK(report.tensors[1].verdict == Verdict::failed);
      // An image that is left out of the sum over the batch changes only the gradient of w.
      const bool x_too = mistake != Mistake::lost_image;
      CHECK((report.tensors[0].verdict == Verdict::failed) == x_too);
    }
  }
}

TEST_CASE("a missing accumulation is found: x is used twice, and one use is left out") {
  const auto product = host_op({.arity = 2,
                                .value = [](auto x) { return x[0] * x[1]; },
                                .rule = [](int, auto x, Var ybar) { return ybar * x[1]; },
                                .labels = {1}});
  const CheckReport report = check_point(
      [&](Tape& tape, std::span<const Var> in) {
        return sum(tape.record(product, {in[0], in[0]}));
      },
      sample({{4, 3}}, 12, 1));
  CHECK_MESSAGE(report.verdict == Verdict::failed, to_text(report));
}

TEST_CASE("a term lost where the uses of a value are added up gets an address") {
  // Each rule is right by itself; in the whole computation the second use gives nothing.
  const auto forgetful = host_op({.name = "forgetful",
                                  .value = [](auto x) { return x[0] * x[0]; },
                                  .rule =
                                      [](int, auto x, Var ybar) {
                                        const bool alone = x[0].id() == 0;
                                        return (alone ? 2.0 : 0.0) * (ybar * x[0]);
                                      }});
  const CheckReport report = check_point(
      [&](Tape& tape, std::span<const Var> in) {
        const Var both = in[0] * 3.0;
        const Var first = sum(both * 2.0);
        return first + sum(tape.record(forgetful, {both}));
      },
      sample({{4, 3}}, 12, 1));
  CHECK(report.verdict == Verdict::failed);
  for (const RuleCheck& rule : report.rules) CHECK(rule.verdict == Verdict::passed);
  CHECK(report.claims.back().name == "sums");
  CHECK(report.claims.back().details ==
        "a term of the gradient is lost: every rule is right, but the cotangent of the result of "
        "scale is not the sum of what comes from its uses: scale, input 0 and forgetful, input 0");
}

TEST_CASE("a row that is lost in a sum is not described as a missing flip") {
  for (const int axis : {0, 1}) {
    for (const bool last : {true, false}) {
      for (const Shape& shape : {Shape{2, 3}, Shape{3, 2}, Shape{2, 2}, Shape{5, 4}}) {
        CAPTURE(axis);
        CAPTURE(last);
        CAPTURE(shape.str());
        const CheckReport report = check_point(
            [&](Tape&, std::span<const Var> in) {
              const Var y = sum(in[0], {axis});
              return spoilt(
                  y,
                  [&](std::span<const Array> x, Array& total) {
                    const Array row = x[0].slice(axis, last ? shape[axis] - 1 : 0, 1);
                    const std::vector<double> lost = row.to_vector();
                    change(total, [&](Index k, double number) {
                      return number - lost[static_cast<size_t>(k)];
                    });
                  },
                  false, "sum");
            },
            sample({shape}, 12, 1));
        CHECK(report.verdict == Verdict::failed);
        CHECK_MESSAGE(report.rules[0].diagnosis.find("flip") == std::string::npos,
                      report.rules[0].diagnosis);
      }
    }
  }
}

}  // namespace autonet
