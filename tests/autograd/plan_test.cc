// Planning takes time in proportion to the recorded calls. The tests count the entries that are
// looked at, which does not depend on the speed or load of the machine.
#include "autograd/plan.h"

#include <doctest/doctest.h>

#include "autonet/autograd/accumulate.h"
#include "autonet/autograd/grad.h"
#include "autonet/autograd/program.h"
#include "autonet/ops/activation.h"
#include "autonet/ops/arithmetic.h"
#include "autonet/ops/math.h"
#include "autonet/ops/matmul.h"
#include "autonet/ops/reduce.h"
#include "autonet/ops/views.h"

namespace autonet {
namespace {

/// A value on `tape` recorded with about n calls, starting from x.
using Recording = Var (*)(Var x, int n);

Var chain(Var x, int n) {
  Var y = x;
  for (int i = 0; i < n; ++i) y = i % 2 == 0 ? y + x : y * x;
  return y;
}

/// Many calls read one value, and one call reads many.
Var wide(Var x, int n) {
  const Var shared = exp(x);
  std::vector<Var> terms;
  for (int i = 0; i < n; i += 2) terms.push_back(shared * x);
  return accumulate(terms);
}

/// Each view is read by a call, so each input is far from its leaf.
Var views(Var x, int n) {
  Var view = x;
  std::vector<Var> terms;
  for (int i = 0; i < n; i += 2) {
    view = i % 4 == 0 ? flip(view, {0}) : swap_axes(view, 0, 1);
    terms.push_back(exp(view));
  }
  return sum(accumulate(terms));
}

/// Calls that fusions join, all reading one value that a call computed.
Var joined(Var x, int n) {
  const Var shared = exp(x);
  Var y = shared;
  for (int i = 0; i < n; i += 2) y = relu(matmul(shared, y));
  return sum(y);
}

std::size_t visited(Recording record, int n, bool with_gradient) {
  Tape tape;
  const Var x = tape.variable(Array::full({{2, 2}, DType::f64}, 0.5));
  const Var s = sum(record(x, n));
  std::vector<Var> outputs{s};
  if (with_gradient) outputs.push_back(grad(s, x));
  internal::Plan plan(tape, outputs, tape.size());
  plan.make_steps(outputs);
  plan.join();
  return plan.visited;
}

}  // namespace

TEST_CASE("the work of planning grows as the number of calls") {
  const std::vector<std::pair<const char*, Recording>> recordings{
      {"chain", chain}, {"wide", wide}, {"views", views}, {"joined", joined}};
  for (const auto& recording : recordings) {
    for (const bool with_gradient : {false, true}) {
      const std::size_t some = visited(recording.second, 1'000, with_gradient);
      const std::size_t many = visited(recording.second, 16'000, with_gradient);
      INFO(recording.first << (with_gradient ? " with gradient" : "") << ": " << some << " and "
                           << many);
      CHECK(some > 1'000);
      CHECK(static_cast<double>(many) < 1.1 * 16.0 * static_cast<double>(some));
    }
  }
}

TEST_CASE("the calls of the recording named joined are joined") {
  Tape tape;
  const std::vector<Var> outputs{joined(tape.variable(Array::full({{2, 2}, DType::f64}, 0.5)), 20)};
  internal::Plan plan(tape, outputs, tape.size());
  plan.make_steps(outputs);
  CHECK(plan.steps.size() == 22);
  plan.join();
  CHECK(plan.steps.size() == 12);
}

TEST_CASE("an input that is a view of a view of a leaf has the leaf's name") {
  Context context;
  Tape tape;
  const Var w = tape.variable(Array::full({{2, 3}, DType::f64}, 2.0), "weights");
  const Var x = tape.placeholder({{3, 2}, DType::f64}, "x");
  const std::vector<Var> inputs{x};
  const std::vector<Var> outputs{flip(swap_axes(w, 0, 1), {0}) * exp(flip(x, {1}))};
  const Program program(context, inputs, outputs);
  REQUIRE(program.steps().size() == 2);
  CHECK(program.steps()[0].input_names == std::vector<std::string>{"x"});
  CHECK(program.steps()[1].input_names == std::vector<std::string>{"weights", ""});
  CHECK(program.steps()[1].producers == std::vector<int>{-1, 0});
}

}  // namespace autonet
