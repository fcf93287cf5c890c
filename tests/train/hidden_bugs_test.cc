// Routines that are wrong only at the size at which a model trains, or only in f32: check_grad
// finds each at default options, with a batch of 3 images, as it also looks at the model's own
// batches.
#include <doctest/doctest.h>

#include "autonet/autograd/grad.h"
#include "autonet/check/check_grad.h"
#include "autonet/models/model.h"
#include "autonet/ops/arithmetic.h"
#include "autonet/ops/conv2d.h"
#include "autonet/train/check_model.h"
#include "check/claims.h"
#include "tests/check/spoilt_op.h"

namespace autonet {
namespace {

// Batches of 40 images: 40 rows of the dense layers, and 40 * 10 * 10 * 6 = 24,000 numbers of the
// convolution.
const char* const kModel = R"({ "name": "m", "input": [10,10,2], "classes": 5,
  "layers": [
    { "name": "conv", "type": "conv2d", "channels": 6, "kernel": 3, "padding": 1,
      "activation": "relu" },
    { "name": "fc", "type": "linear", "units": 7, "activation": "tanh" },
    { "name": "output", "type": "linear", "units": 5 } ],
  "loss": "softmax_cross_entropy",
  "training": { "epochs": 1, "batch_size": 40 } })";

/// An op whose rule for input 1 gives a result that `spoil` changes. Its other parts are right.
class WrongRule : public internal::WrappedOp {
 public:
  using Spoil = std::function<Var(std::span<const Var> in, Var ybar, Var xbar)>;
  WrongRule(std::shared_ptr<const Op> op, Spoil spoil)
      : WrappedOp(std::move(op)), spoil_(std::move(spoil)) {}
  Var vjp(int i, std::span<const Var> in, Var y, Var ybar) const override {
    const Var xbar = WrappedOp::vjp(i, in, y, ybar);
    return i == 1 ? spoil_(in, ybar, xbar) : xbar;
  }

 private:
  Spoil spoil_;
};

/// Changes what a recording of a model's loss gives.
using Plant = std::function<Var(Var loss)>;

CheckReport check_with(const Plant& plant) {
  const Model model = Model::parse(kModel, "m.json");
  Context context(2);
  ModelUnderCheck check = model_under_check(model, context);
  const auto planted = [&](const Recording& f) {
    return [f, plant](Tape& tape, std::span<const Var> in) { return plant(f(tape, in)); };
  };
  for (OtherUse& use : check.uses) use.f = planted(use.f);
  CheckGradOptions options;
  options.uses = check.uses;
  options.max_elements = 20;
  return check_grad(planted(check.loss), check.points, check.names, options);
}

/// The number of the first call of an op, or of the last one.
Index call_of(Tape& tape, const std::string& op, bool last = false) {
  Index found = -1;
  for (Index id = 0; id < tape.size(); ++id) {
    const Node& node = tape.node(id);
    if (node.op != nullptr && node.op->name() == op && (last || found < 0)) found = id;
  }
  REQUIRE(found >= 0);
  return found;
}

/// The first call of an op computes what `spoil` makes of its result.
Plant with_routine(const std::string& op, const SpoiltOp::Spoil& spoil) {
  return [=](Var loss) {
    const Index id = call_of(loss.tape(), op);
    const auto wrong = std::make_shared<SpoiltOp>(loss.tape().node(id).op, spoil);
    return internal::with_op_replaced(loss, id, wrong);
  };
}

/// The rule of the first call of an op for its second input gives what `spoil` makes of it.
Plant with_rule(const std::string& op, const WrongRule::Spoil& spoil) {
  return [=](Var loss) {
    const Index id = call_of(loss.tape(), op);
    const auto wrong = std::make_shared<WrongRule>(loss.tape().node(id).op, spoil);
    return internal::with_op_replaced(loss, id, wrong);
  };
}

/// Sets numbers of an array of f32 to those of another, where `at` says so.
SpoiltOp::Spoil lost_in_f32(const std::function<bool(const Array& y, Index k)>& at) {
  return [at](std::span<const Array> in, Array& y) {
    if (y.dtype() != DType::f32) return;
    const Array x = in[0].to(DType::f64).contiguous();
    change(y, [&](Index k, double number) { return at(y, k) ? x.data<double>()[k] : number; });
  };
}

void fails_with(const CheckReport& report, const std::string& beginning) {
  CHECK_MESSAGE(report.verdict == Verdict::failed, report);
  REQUIRE(findings(report).size() > 0);
  CHECK_MESSAGE(findings(report)[0].starts_with(beginning), findings(report)[0]);
}

}  // namespace

TEST_CASE("the model of these tests passes") {
  const CheckReport report = check_with([](Var loss) { return loss; });
  CHECK_MESSAGE(report.passed(), report);
}

TEST_CASE("right f32 is within rounding at every seed, also sums of many terms to four numbers") {
  // The rounding of a few numbers must not be measured too small by chance.
  const Model model = Model::parse(R"({ "name": "m", "input": [10,9,1], "classes": 4,
    "layers": [
      { "name": "conv", "type": "conv2d", "channels": 4, "kernel": [1,2], "padding": 1,
        "method": "patches", "init": {"uniform": 0.1}, "activation": "gelu" },
      { "name": "norm", "type": "batch_norm" },
      { "name": "pool", "type": "global_avg_pool" },
      { "name": "output", "type": "linear", "units": 4 } ],
    "loss": "softmax_cross_entropy", "training": { "epochs": 1 } })",
                                   "m.json");
  Context context;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    const ModelUnderCheck check = model_under_check(model, context, {.seed = seed});
    const ClaimCheck claim =
        internal::check_precision({check.loss, check.points, check.names}, {.seed = seed}, context);
    CHECK_MESSAGE(claim.verdict == Verdict::passed, claim.details);
  }
}

TEST_CASE("the weights' gradient of a convolution loses an image if there are more than 8") {
  const Plant plant = with_rule("conv2d", [](auto in, Var ybar, Var xbar) {
    const Index images = in[0].shape()[0];
    if (images <= 8) return xbar;
    Array keep = Array::full({{images, 1, 1, 1}, ybar.dtype()}, 1.0);
    keep.set({images - 1, 0, 0, 0}, 0.0);
    const Var y = conv2d(in[0], in[1], padded(1));
    return vjp(y, std::span(&in[1], 1), ybar * ybar.tape().constant(keep))[0];
  });
  fails_with(check_with(plant), "rules, batch of 40: the rule of conv2d, input 1, layer conv: ");
}

TEST_CASE("the column sum of a bias' gradient loses its last row beyond 8 blocks of 4") {
  const Plant plant = with_rule("add", [](auto, Var, Var xbar) {
    return spoilt(
        xbar,
        [](std::span<const Array> in, Array& y) {
          const Array x = in[0].to(DType::f64).contiguous();
          const Index rows = x.size() / y.size();
          if (rows <= 32) return;
          change(y, [&](Index k, double number) {
            return number - x.data<double>()[(rows - 1) * y.size() + k];
          });
        },
        false, "sum");
  });
  // The bias of a convolution has a row for each pixel, so that it already fails at 3 images.
  const CheckReport report = check_with(plant);
  fails_with(report, "the rule of ");
}

TEST_CASE("an elementwise function is wrong beyond 16,384 numbers") {
  const Plant plant = with_routine("relu", [](auto, Array& y) {
    change(y, [](Index k, double number) { return k >= 16384 ? 1.01 * number : number; });
  });
  fails_with(check_with(plant), "rows, batch of 40: relu of conv: row 27 of 40 is not ");
}

TEST_CASE("an f32 bias is lost after 32 rows") {
  const Plant plant = [](Var loss) {
    Tape& tape = loss.tape();
    const Index id = call_of(tape, "add", true);  // of the output layer
    const auto lose = lost_in_f32([](const Array& y, Index k) { return k / y.shape()[1] >= 32; });
    return internal::with_op_replaced(loss, id, std::make_shared<SpoiltOp>(tape.node(id).op, lose));
  };
  fails_with(check_with(plant), "f32, batch of 40: add of output: off by ");
}

TEST_CASE("an f32 bias of a convolution is lost in the last column of images") {
  const Plant plant = with_routine("add", lost_in_f32([](const Array& y, Index k) {
                                     return k / y.shape()[3] % y.shape()[2] == y.shape()[2] - 1;
                                   }));
  fails_with(check_with(plant), "f32 against f64: add of conv: off by ");
}

}  // namespace autonet
