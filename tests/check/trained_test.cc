// Wrong routines that right rules do not show: in f32, at larger batches, in the value, in
// evaluation. Each must fail the check.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "autonet/autograd/grad.h"
#include "autonet/check/check_grad.h"
#include "autonet/ops/activation.h"
#include "autonet/ops/arithmetic.h"
#include "autonet/ops/conv2d.h"
#include "autonet/ops/math.h"
#include "autonet/ops/matmul.h"
#include "autonet/ops/normalization.h"
#include "autonet/ops/op_info.h"
#include "autonet/ops/reduce.h"
#include "autonet/ops/softmax.h"
#include "tests/check/spoilt_op.h"

namespace autonet {
namespace {

const Window kStride2{{2, 1, 1, 1, 1}, {2, 1, 1, 1, 1}, 1};

CheckReport check(const Recording& f, const std::vector<Array>& points,
                  const CheckGradOptions& options = {}) {
  std::vector<std::string> names;
  for (size_t i = 0; i < points.size(); ++i) names.push_back("x" + std::to_string(i));
  return check_grad(f, points, names, options);
}

/// The finding that comes first, which must have this beginning.
void fails_with(const CheckReport& report, const std::string& beginning) {
  CHECK_MESSAGE(report.verdict == Verdict::failed, report);
  REQUIRE(findings(report).size() > 0);
  CHECK_MESSAGE(findings(report)[0].starts_with(beginning), findings(report)[0]);
}

/// The last column of images takes the numbers of the one beside it.
void copy_last_column(std::span<const Array>, Array& y) {
  const Index channels = y.shape()[3];
  const Index columns = y.shape()[2];
  change(y, [&, before = std::vector<double>(static_cast<size_t>(channels))](
                Index k, double number) mutable {
    double& left = before[static_cast<size_t>(k % channels)];
    if (k / channels % columns == columns - 1) return left;
    return left = number;
  });
}

/// The gradient of the weights by a routine that multiplies by this.
class WrongWeightGradient : public Op {
 public:
  explicit WrongWeightGradient(double factor) : factor_(factor) {}
  std::string_view name() const override { return "conv2d"; }
  int arity() const override { return 2; }
  ArrayType infer(std::span<const ArrayType> in) const override {
    return {{in[0].shape[0], in[0].shape[1], in[0].shape[2], in[1].shape[3]}, in[0].dtype};
  }
  void forward(Context& context, std::span<const Array> in, Array& y) const override {
    Tape tape(context);
    y.copy_from(conv2d(tape.constant(in[0]), tape.constant(in[1]), padded(1)).value());
  }
  Var vjp(int i, std::span<const Var> in, Var, Var ybar) const override {
    const Var y = conv2d(in[0], in[1], padded(1));
    const Var& x = in[static_cast<size_t>(i)];
    const Var bar = autonet::vjp(y, std::span<const Var>(&x, 1), ybar)[0];
    const auto times = [factor = factor_](auto, Array& result) {
      change(result, [&](Index, double number) { return factor * number; });
    };
    return i == 0 ? bar : spoilt(bar, times, true, "conv2d");
  }
  bool linear_in(int) const override { return true; }
  double multiply_adds(std::span<const ArrayType> in, const ArrayType& y) const override {
    return static_cast<double>(y.shape.size() * in[1].shape.size() / in[1].shape[3]);
  }

 private:
  double factor_;
};

}  // namespace

TEST_CASE("f32 convolution of stride 2 whose last column copies its neighbour, before a ReLU") {
  const Recording net = [](Tape&, std::span<const Var> in) {
    const Var y = spoilt(conv2d(in[0], in[1], kStride2), copy_last_column);
    return sum(tanh(conv2d(relu(y), in[2], padded(1))));
  };
  const std::vector<Array> points{sample({{3, 16, 16, 4}}, 2, 1), sample({{3, 3, 4, 8}}, 2, 2),
                                  sample({{3, 3, 8, 4}}, 2, 3)};
  fails_with(check(net, points), "f32 against f64: conv2d: off by ");
}

TEST_CASE("f32 gradient of the weights times 1 + 1e-5") {
  const auto net = [](double factor) {
    return [factor](Tape& tape, std::span<const Var> in) {
      return sum(tanh(tape.record(std::make_shared<WrongWeightGradient>(factor), {in[0], in[1]})));
    };
  };
  const std::vector<Array> points{sample({{3, 8, 8, 4}}, 2, 1), sample({{3, 3, 4, 6}}, 2, 2)};
  const CheckReport right = check(net(1.0), points);
  CHECK_MESSAGE(right.passed(), right);
  fails_with(check(net(1.0 + 1e-5), points), "f32 against f64: conv2d, in the rule of");
}

TEST_CASE("an f32 convolution of which some outputs are off by 1 + 1e-5, as by a wrong transform") {
  // One of the 16 places of each tile of Winograd's algorithm.
  const auto place = [](std::span<const Array>, Array& y) {
    const Index channels = y.shape()[3];
    const Index columns = y.shape()[2];
    change(y, [&](Index k, double number) {
      const Index column = k / channels % columns;
      const Index row = k / channels / columns % y.shape()[1];
      return row % 4 == 1 && column % 4 == 2 ? (1.0 + 1e-5) * number : number;
    });
  };
  const Recording net = [&](Tape&, std::span<const Var> in) {
    return sum(tanh(spoilt(conv2d(in[0], in[1], padded(1)), place)));
  };
  fails_with(check(net, {sample({{3, 8, 8, 4}}, 2, 1), sample({{3, 3, 4, 6}}, 2, 2)}),
             "f32 against f64: conv2d: off by ");
}

TEST_CASE("an f32 bias that is lost in the last column") {
  const auto lose = [](std::span<const Array> in, Array& y) {
    const Array x = in[0].to(DType::f64).contiguous();
    const Index channels = y.shape()[3];
    change(y, [&](Index k, double number) {
      const bool last = k / channels % y.shape()[2] == y.shape()[2] - 1;
      return last ? x.data<double>()[k] : number;
    });
  };
  const Recording net = [&](Tape&, std::span<const Var> in) {
    return sum(tanh(spoilt(conv2d(in[0], in[1], padded(1)) + in[2], lose)));
  };
  fails_with(
      check(net, {sample({{3, 5, 4, 2}}, 2, 1), sample({{3, 3, 2, 3}}, 2, 2), sample({{3}}, 2, 3)}),
      "f32 against f64: add: off by ");
}

TEST_CASE("an f32 loss that leaves out one label: the gradient is right, the value is not") {
  const auto lose = [](std::span<const Array> in, Array& y) {
    const Array z = in[0].to(DType::f64).contiguous();
    const Index last = z.shape()[0] - 1;
    double sum_of_exp = 0.0;
    double of_label = 0.0;
    for (Index k = 0; k < z.shape()[1]; ++k) {
      sum_of_exp += std::exp(z.at({last, k}));
      of_label += in[1].at({last, k}) * z.at({last, k});
    }
    const double loss = std::log(sum_of_exp) - of_label;
    y.fill(y.item() - loss / static_cast<double>(z.shape()[0]));
  };
  const Recording net = [&](Tape& tape, std::span<const Var> in) {
    const Var t = tape.constant(Array::from<double>({3}, {0, 2, 1}).to(in[0].dtype()));
    return spoilt(softmax_cross_entropy(in[0] * 2.0, t), lose);
  };
  fails_with(check(net, {sample({{3, 4}}, 2, 1)}),
             "f32 against f64: softmax_cross_entropy: off by ");
}

TEST_CASE("an f32 normalisation with epsilon outside of the root, in training and in evaluation") {
  // 1 / (sqrt(v) + e) instead of 1 / sqrt(v + e): the root of v + e, plus its difference from that.
  constexpr double kEpsilon = 1e-5;
  const auto outside = [](std::span<const Array>, Array& y) {
    change(y, [](Index, double root) {
      return std::sqrt(std::max(0.0, root * root - kEpsilon)) + kEpsilon;
    });
  };
  const auto norm_of = [&](Var x, Var mean, Var variance) {
    return (x - mean) / spoilt(sqrt(variance + kEpsilon), outside);
  };
  const Recording training = [&](Tape&, std::span<const Var> in) {
    const Var mean = autonet::mean(in[0], {0});
    const Var off = in[0] - mean;
    return sum(tanh(norm_of(in[0], mean, autonet::mean(off * off, {0}))));
  };
  const std::vector<Array> points{sample({{6, 3}}, 2, 1)};
  fails_with(check(training, points), "f32 against f64: sqrt: off by ");
  const Recording right = [&](Tape&, std::span<const Var> in) { return sum(tanh(in[0])); };
  const Recording evaluation = [&](Tape& tape, std::span<const Var> in) {
    const auto constant = [&](double low, double high) {
      return tape.constant(sample({{3}, low, high}, 2, 4).to(in[0].dtype()));
    };
    return sum(tanh(norm_of(in[0], constant(-1, 1), constant(0.5, 2))));
  };
  CheckGradOptions options;
  options.uses = {{"evaluation", evaluation, points, false}};
  fails_with(check(right, points, options), "f32, evaluation: sqrt: off by ");
}

TEST_CASE("what is wrong only at larger sizes is found in the uses that have them") {
  // Each computation is right on 3 images and wrong on 16; both precisions are wrong alike.
  struct Case {
    const char* what;
    Recording f;
    std::vector<Shape> shapes;  // of the points, without the images
    const char* finding;
  };
  const auto without_image = [](std::span<const Array> in, Array& y) {
    // The sum over the rows loses the last one if there are more than 8.
    const Array x = in[0].to(DType::f64).contiguous();
    const Index rows = x.shape()[0];
    if (rows <= 8) return;
    const double* const last = x.data<double>() + (rows - 1) * y.size();
    change(y, [&](Index k, double number) { return number - last[k]; });
  };
  const auto beyond = [](std::span<const Array>, Array& y) {
    change(y, [](Index k, double number) { return k >= 64 ? 1.01 * number : number; });
  };
  const auto bias_lost = [](std::span<const Array> in, Array& y) {
    const Array x = in[0].to(DType::f64).contiguous();
    change(y, [&](Index k, double number) {
      return k / y.shape()[1] >= 8 ? x.data<double>()[k] : number;
    });
  };
  const std::vector<Case> cases{
      {"a column sum loses its last row",
       [&](Tape&, auto in) {
         return sum(tanh(spoilt(sum(in[0] * in[1], {0}), without_image, false, "sum")));
       },
       {{5}},
       "rules, batch of 16: the rule of sum, input 0"},
      {"an elementwise function is wrong beyond 64 numbers",
       [&](Tape&, auto in) { return sum(spoilt(exp(in[0] * in[1]), beyond, false)); },
       {{5}},
       "rows, batch of 16: exp: row 12 of 16 is not what that row alone gives, nor are 3 others"},
      {"a bias is lost after 8 rows, in f32",
       [&](Tape&, auto in) { return sum(tanh(spoilt(in[0] + in[1], bias_lost))); },
       {{5}},
       "f32, batch of 16: add: off by "},
  };
  for (const Case& one : cases) {
    INFO(std::string(one.what));
    const auto points_of = [&](Index images) {
      std::vector<Array> points{sample({{images, 5}}, 2, 1)};
      for (const Shape& shape : one.shapes) points.push_back(sample({shape}, 2, 2));
      return points;
    };
    const CheckReport few = check(one.f, points_of(3));
    CHECK_MESSAGE(few.passed(), few);
    CheckGradOptions options;
    options.uses = {{"batch of 16", one.f, points_of(16)}};
    fails_with(check(one.f, points_of(3), options), one.finding);
  }
}

}  // namespace autonet
