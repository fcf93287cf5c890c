// f32 against f64: right routines pass at any size, a wrong one in f32 alone fails.
#include "check/precision.h"

#include <doctest/doctest.h>

#include "ops/activation.h"
#include "ops/arithmetic.h"
#include "ops/conv2d.h"
#include "ops/math.h"
#include "ops/matmul.h"
#include "ops/op_info.h"
#include "ops/reduce.h"

namespace autonet {
namespace {

ClaimCheck check(const Recording& f, const std::vector<Array>& points) {
  std::vector<std::string> names;
  for (size_t i = 0; i < points.size(); ++i) names.push_back("x" + std::to_string(i));
  Context context(2);
  return check_precision(f, points, names, {}, context);
}

/// y = x, but in f32 a part in `parts` too large.
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

TEST_CASE("long sums of f32 stay within what rounding explains, Winograd's included") {
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
  // Sizes for which the routine is Winograd's.
  const ClaimCheck winograd =
      check(convolution, {sample({{2, 16, 16, 64}}, 2, 3), sample({{3, 3, 64, 64}}, 2, 4)});
  CHECK(winograd.verdict == Verdict::passed);
  CHECK(winograd.worst < 10.0);
}

TEST_CASE("a routine that is wrong in f32 alone is found") {
  const auto with = [](float parts) {
    return [parts](Tape& tape, std::span<const Var> in) {
      return sum(exp(tape.record(std::make_shared<Rough>(parts), {in[0]})));
    };
  };
  const std::vector<Array> points{sample({{4, 9}}, 2, 5)};
  CHECK(check(with(1e5F), points).verdict == Verdict::failed);
  CHECK(check(with(1e9F), points).verdict == Verdict::passed);
}

TEST_CASE("a computation that does not run in f32 is not compared, which is said") {
  const Recording stays = [](Tape& tape, std::span<const Var> in) {
    return sum(in[0] * tape.constant(Array::full({{2}, DType::f64}, 2.0)));
  };
  const ClaimCheck claim = check(stays, {sample({{2}}, 2, 6)});
  CHECK(claim.verdict == Verdict::inconclusive);
  CHECK(claim.details.starts_with(
      "not compared: it does not run in f32: mul: a is f32 but b is f64"));
}

}  // namespace autonet
