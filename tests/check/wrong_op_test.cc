// Deliberately wrong ops, each caught by check_grad: the check that checks the check.
#include <doctest/doctest.h>

#include "autograd/error.h"
#include "check/check_grad.h"
#include "ops/arithmetic.h"
#include "ops/conv2d.h"
#include "ops/cpu/correlate.h"
#include "ops/op_info.h"
#include "ops/reduce.h"
#include "ops/views.h"

namespace autonet {
namespace {

enum class Mistake { none, factor, missing_flip, padding, swapped_axes, sign, lost_image };

/// conv2d with padding 1 on square channels, whose rules make one mistake.
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
    Window q = padded(1);  // k - p - 1 = 1 and p = 1: both gradients have it
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
        // The last image's part of the sum is left out.
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
  CheckGradOptions options;
  options.max_elements = elements;
  return check_grad(
      [&](Tape& tape, std::span<const Var> in) {
        return sum(tape.record(std::make_shared<BrokenConv>(mistake), in) * tape.constant(v));
      },
      points, names, options);
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
      // Losing an image's part of the sum over the batch concerns the weights alone.
      const bool x_too = mistake != Mistake::lost_image;
      CHECK((report.tensors[0].verdict == Verdict::failed) == x_too);
    }
  }
}

TEST_CASE("a missing accumulation is caught: x used twice, one use forgotten") {
  class ForgetfulProduct : public Op {
   public:
    std::string_view name() const override { return "forgetful_product"; }
    int arity() const override { return 2; }
    ArrayType infer(std::span<const ArrayType> in) const override { return in[0]; }
    void forward(Context& context, std::span<const Array> in, Array& y) const override {
      (void)context;
      for (Index i = 0; i < y.size(); ++i) {
        y.data<double>()[i] = in[0].data<double>()[i] * in[1].data<double>()[i];
      }
    }
    Var vjp(int, std::span<const Var> in, Var, Var ybar) const override { return ybar * in[1]; }
    bool differentiable(int i) const override { return i == 0; }
  };
  const std::vector<Array> points{sample({{4, 3}}, 12, 1)};
  const std::vector<std::string> names{"x"};
  const CheckReport report = check_grad(
      [](Tape& tape, std::span<const Var> in) {
        return sum(tape.record(std::make_shared<ForgetfulProduct>(), {in[0], in[0]}));
      },
      points, names);
  CHECK_MESSAGE(report.verdict == Verdict::failed, to_text(report));
}

}  // namespace autonet
