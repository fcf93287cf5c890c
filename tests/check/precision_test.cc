// f32 against f64: right routines pass at any size, and one that is wrong only in f32 fails.
#include "check/claims.h"

#include <doctest/doctest.h>

#include "autonet/ops/activation.h"
#include "autonet/ops/arithmetic.h"
#include "autonet/ops/conv2d.h"
#include "autonet/ops/math.h"
#include "autonet/ops/matmul.h"
#include "autonet/ops/op_info.h"
#include "autonet/ops/reduce.h"
#include "autonet/ops/softmax.h"

namespace autonet::internal {
namespace {

ClaimCheck check(const Recording& f, const std::vector<Array>& points) {
  std::vector<std::string> names;
  for (size_t i = 0; i < points.size(); ++i) names.push_back("x" + std::to_string(i));
  Context context(2);
  return check_precision({f, points, names}, {}, context);
}

/// y = x, but in f32 it is too large by 1 / parts.
class Rough : public Op {
 public:
  explicit Rough(float parts) : parts_(parts) {}
  std::string_view name() const override { return "rough"; }
  ArrayType infer(std::span<const ArrayType> in) const override { return in[0]; }
  void forward(Context&, std::span<const Array> in, Array& y) const override {
    y.copy_from(in[0]);
    if (y.dtype() != DType::f32) return;
    for (Index i = 0; i < y.size(); ++i) y.data<float>()[i] *= 1.0F + 1.0F / parts_;
  }
  Var vjp(int, std::span<const Var>, Var, Var ybar) const override { return ybar; }

 private:
  float parts_;
};

}  // namespace

TEST_CASE("the errors of long sums in f32, Winograd's included, are within rounding") {
  const Recording product = [](Tape&, auto in) { return sum(tanh(matmul(in[0], in[1]))); };
  for (const Index length : {1, 10, 1000, 20000}) {
    CAPTURE(length);
    const ClaimCheck claim =
        check(product, {sample({{5, length}}, 2, 1), sample({{length, 7}}, 2, 2)});
    CHECK(claim.verdict == Verdict::passed);
    CHECK(claim.worst < 5.0);
  }
  const Recording convolution = [](Tape&, auto in) {
    return sum(relu(conv2d(in[0], in[1], padded(1))) * 0.1);
  };
  // Sizes for which Winograd's algorithm is used.
  const ClaimCheck winograd =
      check(convolution, {sample({{2, 16, 16, 64}}, 2, 3), sample({{3, 3, 64, 64}}, 2, 4)});
  CHECK(winograd.verdict == Verdict::passed);
  CHECK(winograd.worst < 10.0);
}

TEST_CASE("a routine that is wrong only in f32 is found") {
  const auto with = [](float parts) {
    return [parts](Tape& tape, std::span<const Var> in) {
      return sum(exp(tape.record(std::make_shared<Rough>(parts), {in[0]})));
    };
  };
  const std::vector<Array> points{sample({{4, 9}}, 2, 5)};
  CHECK(check(with(1e5F), points).verdict == Verdict::failed);
  CHECK(check(with(1e9F), points).verdict == Verdict::passed);
}

TEST_CASE("numbers beyond f32's range are not compared; a routine's own infinity is a failure") {
  // e^100 is too large for f32, the product is not.
  const std::vector<Array> large{Array::full({{3}, DType::f64}, 100.0)};
  const ClaimCheck overflow = check([](Tape&, auto in) { return sum(exp(in[0]) * 1e-30); }, large);
  CHECK(overflow.verdict == Verdict::inconclusive);
  CHECK(overflow.details == "not compared: exp leaves the range of f32");
  // Numbers too small for f32 become zero, which is how f32 rounds them.
  const std::vector<Array> small{Array::full({{3}, DType::f64}, 60.0)};
  CHECK(check([](Tape&, auto in) { return sum(exp(-in[0]) * exp(-in[0])); }, small).verdict ==
        Verdict::passed);
  // Two numbers that are equal in f32.
  const std::vector<Array> close{Array::from<double>({2}, {1.0, 1.0 + 1e-12})};
  const ClaimCheck equal = check(
      [](Tape& tape, auto in) {
        const Var signs = tape.constant(Array::from<double>({2}, {1, -1}).to(in[0].dtype()));
        return log(abs(sum(in[0] * signs)));
      },
      close);
  CHECK(equal.verdict == Verdict::inconclusive);
  CHECK(equal.details == "not compared: log leaves the range of f32");
  const ClaimCheck broken = check(
      [](Tape& tape, auto in) {
        return sum(exp(tape.record(std::make_shared<Rough>(0.0F), {in[0]})));  // 1 / 0
      },
      {sample({{4}}, 2, 5)});
  CHECK(broken.verdict == Verdict::failed);
  CHECK(broken.details.starts_with("rough: an f32 routine gives an infinity or NaN; at [0] "));
}

TEST_CASE("where digits cancel, each step is still compared at its own numbers") {
  // p - t of a confident classifier: at 1e-6 f32 has one digit left, at 1e-9 none.
  for (const double scale : {10.0, 14.0, 20.0, 40.0}) {
    CAPTURE(scale);
    const ClaimCheck claim = check(
        [scale](Tape& tape, auto in) {
          const Var t = tape.constant(Array::from<double>({2}, {0, 2}).to(in[0].dtype()));
          return softmax_cross_entropy(in[0] * scale, t);
        },
        {Array::from<double>({2, 3}, {1.0, -0.1, 0.2, 0.1, -0.3, 0.9})});
    CHECK_MESSAGE(claim.verdict == Verdict::passed, claim.details);
  }
}

TEST_CASE("a computation that does not run in f32 is not compared, and the report says so") {
  const Recording stays = [](Tape& tape, std::span<const Var> in) {
    return sum(in[0] * tape.constant(Array::full({{2}, DType::f64}, 2.0)));
  };
  const ClaimCheck claim = check(stays, {sample({{2}}, 2, 6)});
  CHECK(claim.compared == 0);
  CHECK(claim.details.starts_with("it does not run in f32: mul: a is f32 but b is f64"));
}

}  // namespace autonet::internal
