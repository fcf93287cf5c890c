#include "autonet/train/trainer.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <limits>

#include "autonet/autograd/error.h"
#include "autonet/autograd/grad.h"
#include "autonet/autograd/random.h"
#include "autonet/ops/arithmetic.h"
#include "autonet/ops/math.h"
#include "autonet/ops/reduce.h"
#include "autonet/ops/softmax.h"
#include "autonet/train/batches.h"

namespace autonet {
namespace {

TEST_CASE("a step is that of the optimizer on the gradient, by hand") {
  // loss = mean (w x - y)^2, so dloss/dw = mean 2 x (w x - y).
  Context context;
  Parameters p(1, DType::f64);
  Trainer step(context, p, sgd(0.1), [&](Var x, Var y) {
    return mean_squared_error(p.on(x.tape(), "w", {}, {}) * x, y);
  });
  const Array x = Array::from<double>({2}, {1, 3});
  const Array y = Array::from<double>({2}, {2, -1});
  CHECK(step(x, y) == doctest::Approx((4.0 + 1.0) / 2));  // w starts at 0
  const double w = p.arrays()[0].item();
  CHECK(w == doctest::Approx(0.1 * (2 * 1 * 2 + 2 * 3 * -1) / 2));
  CHECK(step(x, y) == doctest::Approx((std::pow(w - 2, 2) + std::pow(3 * w + 1, 2)) / 2));
}

TEST_CASE("inputs of other shapes are planned apart, and train the same parameters") {
  Context context;
  Parameters p(2, DType::f64);
  Trainer step(context, p, sgd(0.05, 0.9), [&](Var x) {
    return mean(square(linear(x, p("layer", {3, 2}))));
  });
  Random random(5);
  std::vector<double> numbers(15);
  for (double& number : numbers) number = random.uniform(-1, 1);
  const Array five = view(numbers, {5, 3});
  const double first = step(five);
  for (int i = 0; i < 20; ++i) {
    step(five.slice(0, 0, 2));
    step(five);
  }
  CHECK(step(five) < 0.1 * first);
  REQUIRE(p.named().size() == 2);
  CHECK(p.named()[0].name == "layer/weight");
  CHECK(p.named()[1].name == "layer/bias");
  // The trained array is the one that the parameters give.
  CHECK(p.named()[0].array.raw() == p.arrays()[0].raw());
}

TEST_CASE("starting numbers depend on seed, name and shape, not on the order") {
  const auto numbers = [](std::uint64_t seed, bool other_first) {
    Parameters p(seed);
    Tape tape;
    if (other_first) p.on(tape, "b", {4, 4});
    return p.on(tape, "a", {4, 4}).value().to_vector();
  };
  CHECK(numbers(1, false) == numbers(1, true));
  CHECK(numbers(1, false) != numbers(2, false));
  // Xavier: uniform in ±sqrt(6 / (fan_in + fan_out)).
  for (const double number : numbers(1, false)) CHECK(std::abs(number) <= std::sqrt(6.0 / 8));
}

TEST_CASE("a parameter that is used twice is one leaf, and its gradient has both terms") {
  Parameters p(1, DType::f64);
  Tape tape;
  const Init three{.type = Init::Type::constant, .scale = 3.0};
  const Var a = p.on(tape, "w", {}, three);
  const Var b = p.on(tape, "w", {}, three);
  CHECK(a.id() == b.id());
  REQUIRE(p.leaves(tape).size() == 1);
  CHECK(grad(a * b, p.leaves(tape)[0]).item() == doctest::Approx(6.0));
  CHECK_THROWS_WITH_AS(p.on(tape, "w", {2}), "parameters: \"w\" is [], but was asked for as [2]",
                       Error);
}

TEST_CASE("two sets of parameters on one tape keep their own arrays under the same name") {
  Parameters p(1, DType::f64);
  Parameters q(2, DType::f64);
  Tape tape;
  const Var a = p.on(tape, "w", {}, {.type = Init::Type::constant, .scale = 3.0});
  const Var b = q.on(tape, "w", {}, {.type = Init::Type::constant, .scale = 5.0});
  CHECK(a.item() == 3.0);
  CHECK(b.item() == 5.0);
  REQUIRE(p.leaves(tape).size() == 1);
  CHECK(grad(a * a * b, p.leaves(tape)[0]).item() == doctest::Approx(30.0));
}

TEST_CASE("parameters are saved and loaded") {
  const std::string file =
      (std::filesystem::temp_directory_path() / "autonet_trainer_test.npz").string();
  Parameters p(1);
  Tape tape;
  p("ignored", {1, 1});  // naming a layer makes nothing
  p.on(tape, "a", {2, 3});
  save_arrays(file, {.arrays = p.named(), .texts = {}});
  Parameters before(2);
  before.load(file);
  Parameters after(2);
  after.on(tape, "a", {2, 3});
  after.load(file);
  std::filesystem::remove(file);
  Tape other;
  CHECK(before.on(other, "a", {2, 3}).value().to_vector() == p.arrays()[0].to_vector());
  CHECK(after.arrays()[0].to_vector() == p.arrays()[0].to_vector());
}

TEST_CASE("a trainer refuses what it cannot train") {
  Context context;
  Parameters p(1, DType::f64);
  const Array x = Array::from<double>({2}, {1, 2});
  const auto w = [&](Var v) { return p.on(v.tape(), "w", {}, {}); };
  Trainer none(context, p, sgd(0.1), [](Var v) { return sum(v); });
  CHECK_THROWS_WITH_AS(none(x), "trainer: the loss uses none of the parameters", Error);
  Trainer vector(context, p, sgd(0.1), [&](Var v) { return w(v) * v; });
  CHECK_THROWS_AS(vector(x), Error);
  Trainer one(context, p, sgd(0.1), [&](Var v) { return sum(w(v) * v); });
  CHECK_THROWS_WITH_AS(one(x, x), "trainer: the loss takes 1 inputs, but 2 were given", Error);
  Array bad = x.clone();
  bad.set({1}, std::numeric_limits<double>::quiet_NaN());
  CHECK_THROWS_AS(one(bad), Error);
}

TEST_CASE("a trainer whose loss is not finite says which input is to blame, or that none is") {
  Context context;
  Parameters p(1, DType::f64);
  Trainer step(context, p, sgd(0.1), [&](Var x, Var y) {
    return mean_squared_error(linear(x, p("out", {2, 1})), y);
  });
  const auto error = [&](const Array& x, const Array& y) -> std::string {
    try {
      step(x, y);
    } catch (const Error& e) {
      return e.what();
    }
    return "none";
  };
  const Array x = Array::zeros({{3, 2}, DType::f64});
  Array y = Array::zeros({{3, 1}, DType::f64});
  CHECK(error(x, y) == "none");
  y.set({2, 0}, std::nan(""));
  CHECK(error(x, y) == "trainer: the loss is nan; input 1 [3,1] holds nan at [2,0]");
  Array far = Array::full({{3, 2}, DType::f64}, 1e200);
  y.fill(0.0);
  CHECK(error(far, y) ==
        "trainer: the loss is inf; the inputs are finite, so try a smaller learning rate");
  far.set({0, 1}, -INFINITY);
  CHECK(error(far, y).ends_with("input 0 [3,2] holds -inf at [0,1]"));
}

TEST_CASE("optimizer.step refuses arrays that do not fit, and gradients that are not finite") {
  Optimizer optimizer(sgd(0.5));
  Array w = Array::from<double>({2}, {1, 2});
  const Array g = Array::from<double>({2}, {1, -1});
  optimizer.step({w}, {g});
  CHECK(w.to_vector() == std::vector<double>{0.5, 2.5});
  CHECK_THROWS_WITH_AS(optimizer.step({w, w}, {g, g}),
                       "optimizer: 1 parameters are trained, but 2 and 2 gradients were given",
                       Error);
  CHECK_THROWS_WITH_AS(optimizer.step({w}, {g.to(DType::f32)}),
                       "optimizer: parameter 0 is [2] f64, but [2] f64 with gradient [2] f32 was "
                       "given",
                       Error);
  Array nan = g.clone();
  nan.set({0}, std::numeric_limits<double>::quiet_NaN());
  CHECK_THROWS_AS(optimizer.step({w}, {nan}), Error);
}

TEST_CASE("adam takes its first step of the size of the learning rate; adamw shrinks weights") {
  Array w = Array::from<double>({2, 1}, {1, -2});
  Array b = Array::from<double>({1}, {5});
  const Array gw = Array::from<double>({2, 1}, {0.3, -40});
  const Array gb = Array::from<double>({1}, {0.01});
  Optimizer(adam(0.1)).step({w, b}, {gw, gb});
  CHECK(w.at({0, 0}) == doctest::Approx(0.9));
  CHECK(w.at({1, 0}) == doctest::Approx(-1.9));
  CHECK(b.at({0}) == doctest::Approx(4.9));
  Array v = Array::from<double>({1, 1}, {2});
  Array c = Array::from<double>({1}, {2});
  Optimizer(adamw(0.1, 0.5)).step({v, c}, {Array::zeros(v.type()), Array::zeros(c.type())});
  CHECK(v.item() == doctest::Approx(2 * (1 - 0.1 * 0.5)));
  CHECK(c.item() == 2.0);  // a bias does not decay
}

TEST_CASE("batches cover all rows once, with their partners") {
  std::vector<double> numbers(7);
  for (size_t i = 0; i < 7; ++i) numbers[i] = static_cast<double>(i);
  const Array x = view(numbers, {7, 1});
  const Array y = Array::from<double>({7}, {0, 10, 20, 30, 40, 50, 60});
  for (const std::optional<std::uint64_t> seed :
       {std::optional<std::uint64_t>(), {std::uint64_t{3}}}) {
    std::vector<double> seen;
    Index pieces = 0;
    for (const auto& [a, b] : batches(x, y, 3, seed)) {
      ++pieces;
      for (Index i = 0; i < a.shape()[0]; ++i) {
        CHECK(b.at({i}) == 10 * a.at({i, 0}));
        seen.push_back(a.at({i, 0}));
      }
    }
    CHECK(pieces == 3);
    CHECK((seen == numbers) == !seed.has_value());
    std::sort(seen.begin(), seen.end());
    CHECK(seen == numbers);
  }
  CHECK_THROWS_AS(batches(x, y, 0), Error);
  CHECK_THROWS_AS(batches(x, y.slice(0, 0, 6), 2), Error);
}

}  // namespace
}  // namespace autonet
