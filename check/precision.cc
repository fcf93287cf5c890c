#include "check/precision.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <memory>
#include <new>

#include "autograd/error.h"
#include "autograd/grad.h"
#include "autograd/program.h"
#include "autograd/random.h"
#include "check/replay.h"
#include "check/rounding.h"
#include "check/subject.h"
#include "ops/fusion.h"

namespace autonet {
namespace {

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

double distance(const Array& a, const Array& b) {
  const std::vector<double> p = a.to_vector();
  const std::vector<double> q = b.to_vector();
  double sum = 0.0;
  for (size_t k = 0; k < p.size(); ++k) sum += (p[k] - q[k]) * (p[k] - q[k]);
  return std::sqrt(sum);
}

bool all_finite(const Array& x) {
  return std::ranges::all_of(x.to_vector(), [](double v) { return std::isfinite(v); });
}

/// The first call that leaves the range of f32 although its inputs in f32 do not, by its own f64
/// forward code: it is the numbers' fault, not the routine's. Empty if there is none.
std::string out_of_range(Context& context, const Replay& single) {
  for (const ReplayCall& call : single.calls()) {
    if (call.output.dtype() != DType::f32 || all_finite(call.output)) continue;
    std::vector<Array> inputs;
    for (const Array& input : call.inputs) {
      if (!all_finite(input)) return {};
      inputs.push_back(input.to(DType::f64));
    }
    const Array y = compute(*call.op, context, inputs, {call.output.shape(), DType::f64});
    if (all_finite(y.to(DType::f32))) return {};
    return name_of_call(call);
  }
  return {};
}

void compare_precisions(const Recording& f, std::span<const Array> points,
                        std::span<const std::string> names, const CheckGradOptions& options,
                        Context& context, ClaimCheck& check) {
  std::unique_ptr<Recorded> single;
  try {
    single = std::make_unique<Recorded>(f, points, names, DType::f32, options.seed, context);
    std::vector<Var> all{single->y};
    all.insert(all.end(), single->gradient.begin(), single->gradient.end());
    Program program(context, single->xs, all);
    for (size_t i = 0; i < points.size(); ++i) {
      program.input(i).copy_from(points[i].to(DType::f32));
    }
    program.run();
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    check.verdict = Verdict::inconclusive;
    check.details = std::string("not compared: it does not run in f32: ") + error.what();
    return;
  }
  Recorded exact(f, points, names, DType::f64, options.seed, context);
  std::vector<Var> outputs{exact.y};
  outputs.insert(outputs.end(), exact.gradient.begin(), exact.gradient.end());
  Rounding reference(context, exact.xs, outputs, points);
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
      reference.move(i, rounded.to(DType::f64));
      forward_exact.point(i).copy_from(rounded);
    }
    forward.run();
    forward_exact.run();
    same_pieces = forward.choices() == forward_exact.choices();
  }
  if (!same_pieces) {
    check.verdict = Verdict::inconclusive;
    check.details = "not compared: in f32 a ReLU or a maximum chose otherwise, at 8 places tried";
    return;
  }
  program.run();
  reference.run();
  std::vector<Array> truth;
  for (size_t i = 0; i < points.size(); ++i)
    truth.push_back(reference.right().output(i + 1).clone());
  if (!std::ranges::all_of(truth, all_finite)) {
    check.verdict = Verdict::inconclusive;
    check.details = "not compared: rounding the points to f32 leaves no finite gradient in f64";
    return;
  }
  std::vector<Array> gradients;
  for (size_t i = 0; i < points.size(); ++i) gradients.push_back(program.output(i));
  if (!std::ranges::all_of(gradients, all_finite)) {
    std::vector<Var> all{single->y};
    all.insert(all.end(), single->gradient.begin(), single->gradient.end());
    Replay apart(context, single->xs, all);  // call by call, as no joined pass shows it
    for (size_t i = 0; i < points.size(); ++i) apart.point(i).copy_from(program.input(i));
    apart.run();
    const std::string call = out_of_range(context, apart);
    check.verdict = call.empty() ? Verdict::failed : Verdict::inconclusive;
    check.details = call.empty() ? "a routine gives an infinity or NaN where f64 gives none"
                                 : "not compared: " + call + " leaves the range of f32";
    return;
  }
  const std::vector<double> units = reference.largest(kF32, options.seed, points.size(), [&] {
    std::vector<double> found;
    for (size_t i = 0; i < points.size(); ++i) {
      found.push_back(distance(reference.disturbed().output(i + 1), truth[i]));
    }
    return found;
  });
  bool hidden = false;
  for (size_t i = 0; i < points.size(); ++i) {
    const double size = norm(truth[i]);
    const double unit = std::max(units[i], 1e-7 * size);  // half a unit in the last place, at least
    const double error = distance(program.output(i), truth[i]);
    if (unit == 0.0 && error == 0.0) continue;
    if (kRoundings * unit >= size && error <= kRoundings * unit) {
      hidden = true;  // rounding is as large as the gradient: this shows nothing
      continue;
    }
    ++check.compared;
    const double worst = error / unit;
    if (!(worst <= check.worst)) {
      check.worst = worst;
      check.details = "largest in " + names[i];
    }
    if (!(worst <= kRoundings)) check.verdict = Verdict::failed;
  }
  if (check.verdict == Verdict::failed) {
    check.details += ": a routine loses more in f32 than rounding between and in sums explains";
  }
  if (check.compared == 0) {
    check.verdict = Verdict::inconclusive;
    check.details = hidden ? "not compared: rounding to f32 is as large as the gradients"
                           : "not compared: all gradients are zero";
  }
}

}  // namespace

ClaimCheck check_precision(const Recording& f, std::span<const Array> points,
                           std::span<const std::string> names, const CheckGradOptions& options,
                           Context& context) {
  ClaimCheck check;
  check.name = "f32 against f64";
  check.claim = "as training computes, in units of rounding";
  check.bound = kRoundings;
  try {
    compare_precisions(f, points, names, options, context, check);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {  // a look beside may leave an op's domain
    check.verdict = Verdict::inconclusive;
    check.details = std::string("not compared: ") + error.what();
  }
  return check;
}

}  // namespace autonet
