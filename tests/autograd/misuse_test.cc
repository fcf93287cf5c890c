// Misuse is an Error. Run these with AddressSanitizer, too: cmake --preset sanitize.
#include <doctest/doctest.h>

#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "autonet/autograd/error.h"
#include "autonet/autograd/grad.h"
#include "autonet/autograd/program.h"
#include "autonet/autograd/tape.h"
#include "autonet/ops/arithmetic.h"
#include "autonet/ops/math.h"

namespace autonet {
namespace {

Array number(double value) {
  return Array::scalar(value, DType::f64);
}

constexpr const char* kDestroyed =
    "var: its tape was destroyed; keep the tape as long as what is recorded on it";

}  // namespace

TEST_CASE("a Var whose tape was destroyed throws") {
  std::optional<Tape> tape(std::in_place);
  const Var x = tape->variable(number(2));
  const Var y = x * x;
  tape.reset();
  CHECK(y.valid());
  CHECK_THROWS_WITH_AS(y.item(), kDestroyed, Error);
  CHECK_THROWS_WITH_AS((void)y.shape(), kDestroyed, Error);
  CHECK_THROWS_WITH_AS(exp(y), kDestroyed, Error);
  CHECK_THROWS_WITH_AS(grad(y, x), kDestroyed, Error);

  Tape later;  // at the same place
  later.variable(number(5));
  const Var z = later.variable(number(7));
  CHECK_THROWS_WITH_AS(y.item(), kDestroyed, Error);
  CHECK_THROWS_WITH_AS(z + y, kDestroyed, Error);
  CHECK_THROWS_WITH_AS(grad(z, x), kDestroyed, Error);
  Context context;
  const std::vector<Var> outputs{z, y};
  CHECK_THROWS_WITH_AS(Program(context, {}, outputs), kDestroyed, Error);
}

TEST_CASE("Vars of two tapes do not mix") {
  Tape one;
  Tape two;
  const Var x = one.variable(number(2));
  const Var y = two.variable(number(3));
  CHECK_THROWS_WITH_AS(x * y, "mul: an input was recorded on another tape", Error);
  CHECK_THROWS_AS(grad(x, y), Error);
  CHECK_THROWS_AS(vjp(x, {x}, y), Error);
  CHECK_THROWS_AS(jvp(x, {x}, {y}), Error);
  Context context;
  const std::vector<Var> outputs{x, y};
  CHECK_THROWS_AS(Program(context, {}, outputs), Error);
}

TEST_CASE("a tape is moved with all that was recorded on it") {
  const auto record = [](std::vector<Var>& vars) {
    Tape tape;
    const Label label(tape, "outside");
    vars.push_back(tape.variable(number(3), "x"));
    vars.push_back(vars.back() * vars.back());
    return tape;
  };
  std::vector<Var> vars;
  std::vector<Tape> tapes;
  for (int i = 0; i < 10; ++i) tapes.push_back(record(vars));
  CHECK(vars[1].item() == 9.0);
  CHECK(grad(vars[1], vars[0]).item() == 6.0);
  CHECK(&vars[1].tape() == &tapes[0]);
  CHECK(tapes[0].name_of(0) == "x");
  CHECK(tapes[0].label_text(tapes[0].node(1).label) == "outside");
  CHECK_THROWS_AS(vars[0] + vars[2], Error);

  const Node& node = tapes[0].node(1);
  Tape moved = std::move(tapes[0]);
  CHECK(&moved.node(1) == &node);
  CHECK((vars[1] + 1.0).item() == 10.0);
  tapes.clear();
  CHECK(vars[1].item() == 9.0);
  CHECK_THROWS_WITH_AS(vars[3].item(), kDestroyed, Error);

  Tape other;
  const Var lost = other.variable(number(1));
  other = std::move(moved);
  CHECK_THROWS_WITH_AS(lost.item(), kDestroyed, Error);
  CHECK(&vars[1].tape() == &other);
  CHECK(vars[1].item() == 9.0);
}

TEST_CASE("a tape may be moved, and destroyed, while a label or block is open") {
  std::optional<Tape> tape(std::in_place);
  const Var x = tape->variable(number(1));
  {
    const Label label(*tape, "inner");
    const Recompute block(*tape);
    Tape moved = std::move(*tape);
    CHECK(moved.node((x + 1.0).id()).block == 1);
    tape.emplace(std::move(moved));
  }
  CHECK(tape->node((x + 1.0).id()).label == 0);
  CHECK(tape->node((x + 1.0).id()).block == 0);
  const Label label(*tape, "last");
  const Recompute block(*tape);
  tape.reset();
}

TEST_CASE("a tape that was moved from throws, and can be used again after an assignment") {
  Tape tape;
  const Tape taken = std::move(tape);
  const char* const text = "tape: it was moved from; record on the tape it was moved to";
  // NOLINTBEGIN(bugprone-use-after-move)
  CHECK_THROWS_WITH_AS(tape.variable(number(1)), text, Error);
  CHECK_THROWS_WITH_AS(tape.placeholder({}, "x"), text, Error);
  CHECK_THROWS_AS(tape.value(0), Error);
  CHECK_THROWS_AS(tape.var(0), Error);
  CHECK_THROWS_AS((void)tape.node(0), Error);
  CHECK_THROWS_AS(tape.context(), Error);
  CHECK_THROWS_AS(Label(tape, "layer"), Error);
  CHECK_THROWS_AS(Recompute{tape}, Error);
  CHECK(tape.size() == 0);
  // NOLINTEND(bugprone-use-after-move)
  tape = Tape();
  CHECK(tape.variable(number(4)).item() == 4.0);
}

TEST_CASE("a default Var throws") {
  const Var none;
  const char* const text = "var: it belongs to no tape; record something first";
  CHECK_FALSE(none.valid());
  CHECK_THROWS_WITH_AS(none.item(), text, Error);
  CHECK_THROWS_WITH_AS(none.tape(), text, Error);
  CHECK_THROWS_WITH_AS(none + 1.0, text, Error);
  CHECK_THROWS_WITH_AS(1.0 / none, text, Error);
  CHECK_THROWS_WITH_AS(grad(none, none), text, Error);
  Tape tape;
  const Var x = tape.variable(number(1));
  CHECK_THROWS_WITH_AS(x + none, text, Error);
  CHECK_THROWS_WITH_AS(none + x, text, Error);
  CHECK_THROWS_WITH_AS(vjp(x, {x}, none), text, Error);
  CHECK_THROWS_AS(tape.record(nullptr, {x}), Error);
}

TEST_CASE("an array without data throws, also one that was moved from") {
  Array source = Array::from<double>({2, 3}, {1, 2, 3, 4, 5, 6});
  const Array taken = std::move(source);
  CHECK(taken.at({1, 2}) == 6.0);
  Tape tape;
  Array none;
  for (Array* array : {&source, &none}) {  // NOLINT(bugprone-use-after-move)
    CHECK_FALSE(array->has_data());
    CHECK(array->raw() == nullptr);
    CHECK_THROWS_AS((void)array->item(), Error);
    CHECK_THROWS_AS((void)array->at({}), Error);
    CHECK_THROWS_AS(array->set({}, 1.0), Error);
    CHECK_THROWS_AS(array->fill(1.0), Error);
    CHECK_THROWS_AS(array->copy_from(number(1).to(DType::f32)), Error);
    CHECK_THROWS_AS((void)array->clone(), Error);
    CHECK_THROWS_AS((void)array->to(DType::f64), Error);
    CHECK_THROWS_AS((void)array->to_vector(), Error);
    CHECK_THROWS_AS((void)array->slice(0, 0, 1), Error);
    CHECK_THROWS_AS((void)array->reshape({2}), Error);
    CHECK_THROWS_AS(tape.variable(*array), Error);
    CHECK_FALSE(array->permute({}).has_data());
    CHECK_FALSE(array->broadcast_to({2}).has_data());
    CHECK_FALSE(array->str().empty());
  }
  source = taken;
  CHECK(source.at({0, 1}) == 2.0);
}

TEST_CASE("a program that was moved from throws") {
  Context context;
  Tape tape;
  const Var x = tape.placeholder({{}, DType::f64}, "x");
  const std::vector<Var> inputs{x};
  const std::vector<Var> outputs{x * x};
  Program program(context, inputs, outputs);
  Program moved = std::move(program);
  moved.input(0).fill(3);
  moved.run();
  CHECK(moved.output(0).item() == 9.0);
  // NOLINTBEGIN(bugprone-use-after-move)
  CHECK_THROWS_WITH_AS(program.run(), "program: it was moved from", Error);
  CHECK_THROWS_WITH_AS(program.rehearse(), "program: it was moved from", Error);
  std::vector<double> seconds;
  CHECK_THROWS_WITH_AS(program.run_timed(seconds), "program: it was moved from", Error);
  CHECK_THROWS_AS((void)program.input(0), Error);
  CHECK_THROWS_AS((void)program.output(0), Error);
  // NOLINTEND(bugprone-use-after-move)
  program = std::move(moved);
  program.run();
  CHECK(program.output(0).item() == 9.0);
}

TEST_CASE("numbers of a leaf that are changed after item() count") {
  Tape tape;
  Array held = number(3);
  const Var x = tape.variable(held);
  const Var w = tape.variable(number(2));
  const Var y = w * x * x;
  const Var g = grad(y, x);
  CHECK(y.item() == 18.0);
  CHECK(g.item() == 12.0);
  held.set({}, 5);
  CHECK(y.item() == 50.0);
  CHECK(g.item() == 20.0);
  w.value().set({}, 1);  // handed out by the tape
  CHECK(y.item() == 25.0);

  std::vector<double> numbers{1, 2, 3, 4, 5};  // written to without the array
  const Var v = tape.variable(view(numbers, {5}));
  const Var e = exp(v);
  const Array before = e.value();
  CHECK(before.at({4}) == doctest::Approx(std::exp(5)));
  numbers[4] = 0;
  CHECK(e.value().at({4}) == 1.0);
  CHECK(before.at({4}) == doctest::Approx(std::exp(5)));  // an earlier answer is left alone
}

}  // namespace autonet
