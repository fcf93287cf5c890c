#include "check/precision.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "autograd/error.h"
#include "autograd/grad.h"
#include "autograd/program.h"
#include "autograd/random.h"
#include "check/replay.h"
#include "check/subject.h"
#include "ops/fusion.h"

namespace autonet {
namespace {

/// What an f32 gradient may differ by, in expected errors. A mistake is off by thousands.
constexpr double kBound = 20.0;
constexpr int kRuns = 5;
constexpr int kAttempts = 8;

/// A recording in one precision: y, and the gradient.
struct Recorded {
  Tape tape;
  std::vector<Var> xs;
  Var y;
  std::vector<Var> gradient;

  Recorded(const Recording& f, std::span<const Array> points, std::span<const std::string> names,
           DType dtype, std::uint64_t seed, Context& context)
      : tape(&context) {
    for (size_t i = 0; i < points.size(); ++i) {
      xs.push_back(tape.placeholder({points[i].shape(), dtype}, names[i]));
    }
    y = f(tape, xs);
    if (y.dtype() != dtype) throw Error("its result stays in " + std::string(name_of(y.dtype())));
    const Array v = y.shape().size() == 1
                        ? Array::full({y.shape(), DType::f64}, 1.0)
                        : normal_array({y.shape(), DType::f64}, seed, stream_of("check/precision"));
    gradient = vjp(y, xs, tape.constant(v.to(dtype)));
  }
};

/// Changes fresh numbers by about as much as f32 would have rounded them: half a unit in the last
/// place of the result, and of the partial sums on the way to it.
void disturb(const ReplayCall& call, Array& y, Random& random) {
  std::vector<ArrayType> types;
  Index read = 0;
  for (const Array& input : call.inputs) {
    types.push_back(input.type());
    read = std::max(read, input.size());
  }
  const auto size = static_cast<double>(std::max<Index>(1, y.size()));
  const double products = call.op->multiply_adds(types, y.type()) / size;
  const double terms = std::max(products, static_cast<double>(read) / size);
  const double typical = norm(y) / std::sqrt(size);
  constexpr double kHalfUnit = 0x1p-24;
  // The partial sums of n random terms are as large as the result, and round like sqrt(n) ones.
  const double sums = terms > 1.5 ? typical * std::sqrt(terms) / 2 : 0.0;
  double* const numbers = y.data<double>();
  for (Index k = 0; k < y.size(); ++k) {
    if (numbers[k] == 0.0) continue;  // a gate's zero is exact
    numbers[k] += kHalfUnit * (std::abs(numbers[k]) + sums) * random.normal();
  }
}

}  // namespace

ClaimCheck check_precision(const Recording& f, std::span<const Array> points,
                           std::span<const std::string> names, const CheckGradOptions& options,
                           Context& context) {
  ClaimCheck check;
  check.name = "f32 against f64";
  check.claim = "training's gradients, in units of rounding to expect";
  check.bound = kBound;
  std::unique_ptr<Recorded> single;
  try {
    single = std::make_unique<Recorded>(f, points, names, DType::f32, options.seed, context);
    const std::vector<Var> forward{single->y};
    Replay(context, single->xs, forward).run();
    Program(context, single->xs, single->gradient).run();
  } catch (const Error& error) {
    check.verdict = Verdict::inconclusive;
    check.details = std::string("not compared: it does not run in f32: ") + error.what();
    return check;
  }
  Recorded exact(f, points, names, DType::f64, options.seed, context);
  std::vector<Var> outputs{exact.y};
  outputs.insert(outputs.end(), exact.gradient.begin(), exact.gradient.end());
  Replay reference(context, exact.xs, outputs);
  Replay forward(context, single->xs, std::vector<Var>{single->y});
  Replay forward_exact(context, exact.xs, std::vector<Var>{exact.y});
  Program program(context, single->xs, single->gradient, {.fusions = fusions()});
  Random random(options.seed, stream_of("check/precision/noise"));

  // Both precisions must take the same pieces at kinks, or they are gradients of different things:
  // where rounding tips a choice over, look a little beside.
  bool same_pieces = false;
  for (int attempt = 0; attempt < kAttempts && !same_pieces; ++attempt) {
    for (size_t i = 0; i < points.size(); ++i) {
      std::vector<double> numbers = points[i].to_vector();
      for (double& x : numbers) x *= 1.0 + 1e-3 * attempt * random.normal();
      const Array rounded = Array::from<double>(points[i].shape(), numbers).to(DType::f32);
      program.input(i).copy_from(rounded);
      forward.point(i).copy_from(rounded);
      reference.point(i).copy_from(rounded);
      forward_exact.point(i).copy_from(rounded);
    }
    forward.run();
    forward_exact.run();
    same_pieces = forward.choices() == forward_exact.choices();
  }
  if (!same_pieces) {
    check.verdict = Verdict::inconclusive;
    check.details = "not compared: in f32 a ReLU or a maximum chose otherwise, at 8 places tried";
    return check;
  }
  program.run();
  reference.run();
  std::vector<Array> truth;
  for (size_t i = 0; i < points.size(); ++i) truth.push_back(reference.output(i + 1).clone());
  std::vector<std::vector<double>> errors(points.size());
  const auto distance = [](const Array& a, const Array& b) {
    const std::vector<double> p = a.to_vector();
    const std::vector<double> q = b.to_vector();
    double sum = 0.0;
    for (size_t k = 0; k < p.size(); ++k) sum += (p[k] - q[k]) * (p[k] - q[k]);
    return std::sqrt(sum);
  };
  for (int run = 0; run < kRuns; ++run) {
    reference.run_disturbed([&](const ReplayCall& call, Array& y) { disturb(call, y, random); });
    for (size_t i = 0; i < points.size(); ++i) {
      errors[i].push_back(distance(reference.output(i + 1), truth[i]));
    }
  }
  for (size_t i = 0; i < points.size(); ++i) {
    const double floor = 1e-7 * norm(truth[i]);  // half a unit in the last place, at the least
    // The middle one: a run in which a choice tipped over says nothing about rounding.
    std::ranges::nth_element(errors[i], errors[i].begin() + kRuns / 2);
    const double unit = std::max(errors[i][kRuns / 2], floor);
    const double error = distance(program.output(i), truth[i]);
    if (unit == 0.0 && error == 0.0) continue;
    ++check.compared;
    const double units = error / unit;
    if (!(units <= check.worst)) {
      check.worst = units;
      check.details = "largest in " + names[i];
    }
    if (!(units <= kBound)) check.verdict = Verdict::failed;
  }
  if (check.compared == 0) {
    check.verdict = Verdict::inconclusive;
    check.details = "all gradients are zero";
  }
  return check;
}

}  // namespace autonet
