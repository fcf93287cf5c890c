// Every case of every op in the table: gradients of order one and two against differences and
// against the adjoint identity, float32 against float64, replay and threads against the tape.
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <set>
#include <vector>

#include "autonet/autograd/grad.h"
#include "autonet/autograd/program.h"
#include "autonet/autograd/random.h"
#include "autonet/autograd/tape.h"
#include "autonet/ops/arithmetic.h"
#include "autonet/ops/reduce.h"
#include "autonet/ops/table.h"

namespace autonet {
namespace {

constexpr std::uint64_t kSeed = 20;

Array normal(const Shape& shape, std::uint64_t stream) {
  Random random(kSeed, stream);
  Array values = Array::uninitialized({shape, DType::f64});
  for (Index i = 0; i < values.size(); ++i) values.data<double>()[i] = random.normal();
  return values;
}

double dot(const Array& a, const Array& b) {
  const std::vector<double> p = a.to_vector();
  const std::vector<double> q = b.to_vector();
  double sum = 0.0;
  for (size_t i = 0; i < p.size(); ++i) sum += p[i] * q[i];
  return sum;
}

/// x + h d
Array moved(const Array& x, const Array& d, double h) {
  Array y = x.clone();
  const std::vector<double> direction = d.to_vector();
  for (size_t i = 0; i < direction.size(); ++i) y.data<double>()[i] += h * direction[i];
  return y;
}

std::vector<Var> variables(Tape& tape, const std::vector<Array>& values) {
  std::vector<Var> vars;
  for (const Array& value : values) vars.push_back(tape.variable(value));
  return vars;
}

struct Setting {
  const OpCase& test;
  std::vector<Array> inputs;
  std::vector<size_t> real;  // inputs that are numbers, not labels

  Setting(const OpCase& op_case, std::uint64_t stream) : test(op_case) {
    for (size_t i = 0; i < test.inputs.size(); ++i) {
      inputs.push_back(sample(test.inputs[i], kSeed, stream * 16 + i));
      if (test.inputs[i].kind != InputSpec::Kind::integer) real.push_back(i);
    }
  }

  Array evaluate(const std::vector<Array>& at) const {
    Tape tape;
    return test.record(variables(tape, at)).value();
  }
  std::vector<Var> real_of(const std::vector<Var>& vars) const {
    std::vector<Var> chosen;
    for (size_t i : real) chosen.push_back(vars[i]);
    return chosen;
  }
};

/// d/dh f(x + h d) at 0, by central differences with one step of Richardson extrapolation.
template <typename F>
double slope(F f) {
  constexpr double kStep = 2e-4;
  const double wide = (f(kStep) - f(-kStep)) / (2 * kStep);
  const double narrow = (f(kStep / 2) - f(-kStep / 2)) / kStep;
  return (4 * narrow - wide) / 3;
}

void check_first_order(const Setting& setting) {
  Tape tape;
  const std::vector<Var> x = variables(tape, setting.inputs);
  const Var y = setting.test.record(x);
  const Array v = normal(y.shape(), 1);
  const std::vector<Var> xs = setting.real_of(x);
  const std::vector<Var> bars = vjp(y, xs, tape.variable(v));
  for (size_t k = 0; k < xs.size(); ++k) {
    REQUIRE(bars[k].type() == xs[k].type());
    const Array bar = bars[k].value();
    const std::vector<double> exact = bar.to_vector();
    const size_t input = setting.real[k];
    for (size_t element = 0; element < exact.size(); ++element) {
      Array unit = Array::zeros(setting.inputs[input].type());
      unit.data<double>()[element] = 1.0;
      const double numeric = slope([&](double h) {
        std::vector<Array> at = setting.inputs;
        at[input] = moved(at[input], unit, h);
        return dot(v, setting.evaluate(at));
      });
      INFO("input " << input << ", element " << element);
      CHECK(exact[element] == doctest::Approx(numeric).epsilon(1e-7).scale(1.0));
    }
  }
}

void check_second_order(const Setting& setting) {
  // s(x, v) = sum over inputs of <u_i, xbar_i(x, v)>: its slope along random directions of x and v.
  const Array v = normal(setting.evaluate(setting.inputs).shape(), 1);
  std::vector<Array> points = setting.inputs;
  points.push_back(v);
  const auto record = [&](Tape& tape, const std::vector<Array>& at, std::vector<Var>& leaves) {
    leaves = variables(tape, at);
    const std::vector<Var> x(leaves.begin(), leaves.end() - 1);
    const std::vector<Var> bars = vjp(setting.test.record(x), setting.real_of(x), leaves.back());
    std::vector<Var> parts;
    Var s = filled(tape, {{}, DType::f64}, 0.0);
    for (size_t k = 0; k < bars.size(); ++k) {
      s = s + sum(bars[k] * tape.variable(normal(bars[k].shape(), 100 + k)));
    }
    return s;
  };
  Tape tape;
  std::vector<Var> leaves;
  const Var s = record(tape, points, leaves);
  std::vector<size_t> varied = setting.real;
  varied.push_back(points.size() - 1);
  std::vector<Var> xs;
  for (size_t i : varied) xs.push_back(leaves[i]);
  const std::vector<Var> exact = grad(s, xs);
  for (size_t k = 0; k < varied.size(); ++k) {
    const Array d = normal(points[varied[k]].shape(), 200 + k);
    const double numeric = slope([&](double h) {
      std::vector<Array> at = points;
      at[varied[k]] = moved(at[varied[k]], d, h);
      Tape other;
      std::vector<Var> unused;
      return record(other, at, unused).item();
    });
    INFO("order two, input " << varied[k]);
    CHECK(dot(exact[k].value(), d) == doctest::Approx(numeric).epsilon(1e-6).scale(1.0));
  }
}

void check_adjoint(const Setting& setting) {
  Tape tape;
  const std::vector<Var> x = variables(tape, setting.inputs);
  const Var y = setting.test.record(x);
  const std::vector<Var> xs = setting.real_of(x);
  if (xs.empty()) return;
  const Array v = normal(y.shape(), 3);
  std::vector<Var> us;
  double right = 0.0;
  double size = 1.0;
  const std::vector<Var> bars = vjp(y, xs, tape.variable(v));
  for (size_t k = 0; k < xs.size(); ++k) {
    const Array u = normal(xs[k].shape(), 300 + k);
    us.push_back(tape.variable(u));
    right += dot(u, bars[k].value());
    size += std::sqrt(dot(u, u) * dot(bars[k].value(), bars[k].value()));
  }
  const double left = dot(v, jvp(y, xs, us).value());
  CHECK(std::abs(left - right) <= 1e-13 * size);
}

void check_linear_claims(const Setting& setting) {
  Tape tape;
  const std::vector<Var> x = variables(tape, setting.inputs);
  const Var y = setting.test.record(x);
  const Node& call = tape.node(y.id());
  if (call.op == nullptr) return;
  // For calls that read the inputs of the case directly: f(a + 2 b) = f(a) + 2 f(b).
  const std::vector<Var> inputs = tape.inputs_of(y.id());
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!call.op->linear_in(static_cast<int>(i)) || tape.node(inputs[i].id()).op != nullptr)
      continue;
    const Array b = normal(inputs[i].shape(), 400 + i);
    const auto at = [&](const Array& value) {
      std::vector<Var> changed = inputs;
      changed[i] = tape.variable(value);
      // A value used twice (a with itself) is changed in one place only.
      return tape.record(call.op, changed).value().to_vector();
    };
    const std::vector<double> fa = at(inputs[i].value());
    const std::vector<double> fb = at(b);
    const std::vector<double> both = at(moved(inputs[i].value(), b, 2.0));
    for (size_t k = 0; k < fa.size(); ++k) {
      CHECK(both[k] == doctest::Approx(fa[k] + 2.0 * fb[k]).epsilon(1e-12).scale(1.0));
    }
  }
}

/// The case and its gradients as a program: f32 or f64, any number of threads.
std::vector<Array> replay(const Setting& setting, DType dtype, int threads) {
  Tape tape;
  std::vector<Var> x;
  for (const Array& value : setting.inputs)
    x.push_back(tape.placeholder({value.shape(), dtype}, "x"));
  const Var y = setting.test.record(x);
  std::vector<Var> outputs =
      vjp(y, setting.real_of(x), tape.variable(normal(y.shape(), 1).to(dtype)));
  outputs.push_back(y);
  Context context(threads);
  Program program(context, x, outputs);
  for (size_t i = 0; i < x.size(); ++i) program.input(i).copy_from(setting.inputs[i]);
  program.run();
  program.run();  // a second run, on the arena as the first left it
  std::vector<Array> values;
  for (size_t i = 0; i < outputs.size(); ++i) values.push_back(program.output(i).clone());
  return values;
}

bool same_bits(const Array& a, const Array& b) {
  return a.type() == b.type() && std::memcmp(a.raw(), b.raw(), a.type().bytes()) == 0;
}

void check_replay(const Setting& setting) {
  Tape tape;
  const std::vector<Var> x = variables(tape, setting.inputs);
  const Var y = setting.test.record(x);
  std::vector<Var> expected = vjp(y, setting.real_of(x), tape.variable(normal(y.shape(), 1)));
  expected.push_back(y);
  const std::vector<Array> once = replay(setting, DType::f64, 1);
  const std::vector<Array> two = replay(setting, DType::f64, 2);
  const std::vector<Array> three = replay(setting, DType::f64, 3);
  const std::vector<Array> single = replay(setting, DType::f32, 1);
  for (size_t i = 0; i < expected.size(); ++i) {
    CHECK(same_bits(once[i], expected[i].value().contiguous()));
    CHECK(same_bits(once[i], two[i]));
    CHECK(same_bits(once[i], three[i]));
    const std::vector<double> exact = once[i].to_vector();
    const std::vector<double> rounded = single[i].to_vector();
    for (size_t k = 0; k < exact.size(); ++k) {
      CHECK(rounded[k] == doctest::Approx(exact[k]).epsilon(2e-5).scale(1.0));
    }
  }
}

}  // namespace

TEST_CASE("the table names every op once, and every case is labelled") {
  std::set<std::string> names;
  for (const OpInfo& op : op_table()) {
    CHECK_MESSAGE(names.insert(std::string(op.name)).second, "twice: ", op.name);
    CHECK_FALSE(op.formula.empty());
    CHECK_FALSE(op.cases.empty());
    std::set<std::string> labels;
    for (const OpCase& op_case : op.cases) CHECK(labels.insert(op_case.label).second);
  }
  CHECK(names.size() >= 100);
}

TEST_CASE("every op: gradients of order one and two, the adjoint, replay, threads, f32") {
  CAPTURE(kSeed);
  std::uint64_t stream = 0;
  for (const OpInfo& op : op_table()) {
    for (const OpCase& op_case : op.cases) {
      INFO(std::string(op.name), ": ", op_case.label);
      const Setting setting(op_case, ++stream);
      check_first_order(setting);
      check_second_order(setting);
      check_adjoint(setting);
      check_linear_claims(setting);
      check_replay(setting);
    }
  }
}

}  // namespace autonet
