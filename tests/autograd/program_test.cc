#include "autonet/autograd/program.h"

#include <doctest/doctest.h>

#include <cstdint>

#include "autonet/autograd/error.h"
#include "autonet/autograd/grad.h"
#include "autonet/autograd/random.h"
#include "autonet/autograd/tape.h"
#include "autonet/ops/activation.h"
#include "autonet/ops/arithmetic.h"
#include "autonet/ops/conv2d.h"
#include "autonet/ops/math.h"
#include "autonet/ops/matmul.h"
#include "autonet/ops/pool.h"
#include "autonet/ops/reduce.h"
#include "autonet/ops/softmax.h"
#include "autonet/ops/views.h"
#include "cli/allocation_count.h"

namespace autonet {

TEST_CASE("a program drops what is not needed and reuses memory") {
  Context context;
  Tape tape;
  const Var x = tape.placeholder({{64}, DType::f64}, "x");
  Var y = x;
  for (int i = 0; i < 20; ++i) y = y + 1.0;
  const Var unneeded = y * y;
  const std::vector<Var> inputs{x};
  const std::vector<Var> outputs{flip(y, {0})};
  Program program(context, inputs, outputs);
  CHECK(program.steps().size() == 20);         // the flip is a view, the product is not needed
  CHECK(program.arena_bytes() == 2 * 64 * 8);  // two buffers in turn
  program.input(0).set({0}, 5.0);
  program.run();
  CHECK(program.output(0).at({63}) == 25.0);
  CHECK(program.output(0).at({0}) == 20.0);
  CHECK(unneeded.valid());
}

TEST_CASE("the next run uses a parameter changed in place, also after the tape is destroyed") {
  Context context;
  Array w = Array::scalar(2.0, DType::f64);
  std::unique_ptr<Program> program;
  {
    Tape tape;
    const std::vector<Var> outputs{tape.variable(w) * 10.0};
    program = std::make_unique<Program>(context, std::span<const Var>{}, outputs);
  }
  program->run();
  CHECK(program->output(0).item() == 20.0);
  w.fill(3.0);
  program->run();
  CHECK(program->output(0).item() == 30.0);
}

TEST_CASE("a lent arena is used where it is large enough") {
  Context context;
  const auto make = [&](Index size, const Program* lender) {
    Tape tape;
    const Var x = tape.placeholder({{size}, DType::f32}, "x");
    const std::vector<Var> inputs{x};
    const std::vector<Var> outputs{(x + 1.0) * 2.0};
    return std::make_unique<Program>(context, inputs, outputs, ProgramOptions{.lender = lender});
  };
  const auto large = make(100, nullptr);
  const auto small = make(10, large.get());
  const auto larger = make(1000, large.get());
  const auto begin = static_cast<const std::byte*>(large->output(0).raw());
  const auto within = static_cast<const std::byte*>(small->output(0).raw());
  CHECK(std::abs(within - begin) <= static_cast<std::ptrdiff_t>(large->arena_bytes()));
  for (Program* program : {large.get(), small.get(), larger.get()}) {
    program->run();
    CHECK(program->output(0).at({9}) == 2.0);
  }
}

TEST_CASE("errors: a placeholder that is not an input, no output, an input that is a call") {
  Context context;
  Tape tape;
  const Var x = tape.placeholder({{2}, DType::f32}, "images");
  const std::vector<Var> none;
  const std::vector<Var> y{x + 1.0};
  CHECK_THROWS_WITH_AS(Program(context, none, y),
                       "program: placeholder \"images\" [2] is needed but is not among the inputs",
                       Error);
  CHECK_THROWS_WITH_AS(Program(context, none, none), "program: needs at least one output", Error);
  CHECK_THROWS_WITH_AS(Program(context, y, y),
                       "program: an input must be a placeholder, a leaf without numbers", Error);
  const std::vector<Var> numbers{tape.variable(Array::scalar(1.0))};
  CHECK_THROWS_AS(Program(context, numbers, numbers), Error);
  const std::vector<Var> twice{x, x};
  CHECK_THROWS_WITH_AS(Program(context, twice, y),
                       "program: placeholder \"images\" is an input twice", Error);
}

TEST_CASE("errors: entries, inputs and outputs that do not exist, too few times") {
  Context context;
  Tape tape;
  const Var x = tape.placeholder({{2}, DType::f32}, "x");
  const std::vector<Var> inputs{x};
  const std::vector<Var> outputs{exp(x + 1.0)};
  for (const Index id : {Index{-1}, tape.size(), Index{1} << 40}) {
    CHECK_THROWS_AS(tape.var(id), Error);
  }
  Program program(context, inputs, outputs);
  CHECK_THROWS_WITH_AS(program.input(1), "program: there is no input 1; it has 1", Error);
  CHECK_THROWS_WITH_AS(program.output(2), "program: there is no output 2; it has 1", Error);
  std::vector<double> seconds(1);
  CHECK_THROWS_WITH_AS(program.run_timed(seconds),
                       "run_timed: room for the seconds of 1 steps, but the program has 2", Error);
}

TEST_CASE("the bytes of a step count an array once that it reads twice") {
  Context context;
  Tape tape;
  const Var x = tape.placeholder({{100}, DType::f32}, "x");
  const std::vector<Var> inputs{x};
  const std::vector<Var> outputs{x * x};
  const Program program(context, inputs, outputs);
  CHECK(program.steps()[0].bytes() == 800.0);
}

TEST_CASE("replaying a training step allocates nothing") {
  for (int threads : {1, 2}) {
    Context context(threads);
    Tape tape;
    const Var x = tape.placeholder({{8, 12, 12, 3}, DType::f32}, "x");
    const Var labels = tape.placeholder({{8}, DType::f32}, "labels");
    const auto parameter = [&](const Shape& shape) {
      Array values = Array::uninitialized({shape, DType::f32});
      Random random(1, static_cast<std::uint64_t>(shape.size()));
      for (Index i = 0; i < values.size(); ++i) {
        values.data<float>()[i] = static_cast<float>(0.1 * random.normal());
      }
      return tape.variable(values);
    };
    const std::vector<Var> w{parameter({3, 3, 3, 16}), parameter({16}), parameter({576, 10}),
                             parameter({10})};
    Window half;
    half.rows.stride = half.cols.stride = 2;
    const Var hidden = max_pool2d(relu(conv2d(x, w[0], padded(1)) + w[1]), {2, 2}, half);
    const Var loss = softmax_cross_entropy(matmul(flatten(hidden), w[2]) + w[3], labels);
    std::vector<Var> outputs = grad(loss, w);
    outputs.push_back(loss);
    const std::vector<Var> inputs{x, labels};
    Program program(context, inputs, outputs);
    program.run();  // scratch memory grows to its size
    program.run();
    INFO("threads " << threads);  // allocates at its first use
    const std::uint64_t before = cli::allocation_count();
    for (int i = 0; i < 5; ++i) program.run();
    CHECK(cli::allocation_count() - before == 0);
    CHECK(program.multiply_adds() > 0);
  }
}

}  // namespace autonet
