#include "check/precision.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "autonet/autograd/error.h"
#include "autonet/autograd/grad.h"
#include "autonet/autograd/program.h"
#include "autonet/autograd/random.h"
#include "autonet/ops/fusion.h"
#include "autonet/text/concat.h"
#include "check/attempt.h"
#include "check/rounding.h"
#include "check/vectors.h"

namespace autonet::internal {
namespace {

constexpr int kAttempts = 8;

/// A recording in one precision: y, and the gradient.
struct Recorded {
  Tape tape;
  std::vector<Var> xs;
  Var y;
  std::vector<Var> gradient;

  Recorded(const Computation& computation, DType dtype, std::uint64_t seed, Context& context)
      : tape(&context), xs(computation.placeholders(tape, dtype)), y(computation.record(tape, xs)) {
    if (y.dtype() != dtype) throw Error(text::concat("its result stays in ", name_of(y.dtype())));
    const Array v = y.shape().size() == 1
                        ? Array::full({y.shape(), DType::f64}, 1.0)
                        : normal_array({y.shape(), DType::f64}, seed, stream_of("check/precision"));
    gradient = vjp(y, xs, tape.constant(v.to(dtype)));
  }

  std::vector<Var> y_and_gradient() const {
    std::vector<Var> all{y};
    all.insert(all.end(), gradient.begin(), gradient.end());
    return all;
  }
};

bool all_finite(const Array& x) {
  return !first_not_finite(x);
}

/// The first call whose output leaves the range of f32 although its inputs do not, according to its
/// own forward code in f64. Then the numbers are too large, not the routine wrong. Empty if there
/// is none.
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

/// Runs y and its gradient in f32 once, to see whether that is possible.
void try_f32(const Computation& computation, const Recorded& single, Context& context) {
  Program program(context, single.xs, single.y_and_gradient());
  for (size_t i = 0; i < computation.points.size(); ++i) {
    program.input(i).copy_from(computation.points[i].to(DType::f32));
  }
  program.run();
}

/// The comparison of one computation in both precisions.
struct Precisions {
  const Computation& computation;
  const Recorded& single;
  const Recorded& exact;
  std::uint64_t seed;
  Context& context;
  // The gradient in f32, as in training; y and the gradient in f64.
  Program program = Program(context, single.xs, single.gradient, {.fusions = fusions()});
  Rounding reference = Rounding(context, exact.xs, exact.y_and_gradient(), computation.points);

  void compare(ClaimCheck& check) {
    if (!find_place()) {
      return check.not_compared(
          "in f32 a ReLU or a maximum makes another choice, at all 8 places tried");
    }
    program.run();
    reference.run();
    std::vector<Array> gradient;
    std::vector<Array> truth;
    for (size_t i = 0; i < size(); ++i) {
      gradient.push_back(program.output(i));
      truth.push_back(reference.right().output(i + 1).clone());
    }
    if (!std::ranges::all_of(truth, all_finite)) {
      return check.not_compared("rounding the points to f32 leaves no finite gradient in f64");
    }
    if (!std::ranges::all_of(gradient, all_finite)) return explain_infinity(check);
    compare_finite(gradient, truth, check);
  }

  size_t size() const { return computation.points.size(); }

  /// Moves both precisions to the same point. At kinks both must make the same choices, or they
  /// compute gradients of different pieces. If rounding changes a choice, points close by are
  /// tried.
  bool find_place() {
    Replay forward(context, single.xs, std::vector<Var>{single.y});
    Replay forward_exact(context, exact.xs, std::vector<Var>{exact.y});
    Random random(seed, stream_of("check/precision/noise"));
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      for (size_t i = 0; i < size(); ++i) {
        const auto change = [&](double x) { return x * (1.0 + 1e-3 * attempt * random.normal()); };
        const Array rounded = mapped(computation.points[i], change).to(DType::f32);
        program.input(i).copy_from(rounded);
        reference.move(i, rounded.to(DType::f64));
        forward.point(i).copy_from(rounded);
        forward_exact.point(i).copy_from(rounded);
      }
      forward.run();
      forward_exact.run();
      if (forward.choices() == forward_exact.choices()) return true;
    }
    return false;
  }

  void explain_infinity(ClaimCheck& check) {
    Replay unfused(context, single.xs, single.y_and_gradient());  // so that each call is seen
    for (size_t i = 0; i < size(); ++i) unfused.point(i).copy_from(program.input(i));
    unfused.run();
    const std::string call = out_of_range(context, unfused);
    if (!call.empty()) return check.not_compared(call + " leaves the range of f32");
    check.fail("an f32 routine gives an infinity or NaN where f64 gives none");
  }

  void compare_finite(std::span<const Array> gradient, std::span<const Array> truth,
                      ClaimCheck& check) {
    const std::vector<double> units = reference.largest(kF32, seed, size(), [&] {
      std::vector<double> found;
      for (size_t i = 0; i < size(); ++i) {
        found.push_back(norm(moved(reference.disturbed().output(i + 1), truth[i], -1.0)));
      }
      return found;
    });
    bool hidden = false;
    for (size_t i = 0; i < size(); ++i) {
      const double size = norm(truth[i]);
      const double unit =
          std::max(units[i], 1e-7 * size);  // at least half a unit in the last place
      const double error = norm(moved(gradient[i].to(DType::f64), truth[i], -1.0));
      if (unit == 0.0 && error == 0.0) continue;
      if (kRoundings * unit >= size && error <= kRoundings * unit) {
        hidden = true;
        continue;
      }
      ++check.compared;
      const double worst = error / unit;
      if (!(worst <= check.worst)) {
        check.worst = worst;
        check.details = "largest in " + computation.names[i];
      }
      if (!(worst <= kRoundings)) check.verdict = Verdict::failed;
    }
    if (check.verdict == Verdict::failed) {
      check.details += ": an f32 routine is less accurate than rounding explains";
    }
    if (check.compared == 0) {
      check.not_compared(hidden ? "rounding to f32 is as large as the gradients"
                                : "all gradients are zero");
    }
  }
};

}  // namespace

ClaimCheck check_precision(const Computation& computation, const CheckGradOptions& options,
                           Context& context) {
  ClaimCheck check{.name = "f32 against f64",
                   .claim = "as in training, in units of f32 rounding",
                   .bound = kRoundings};
  std::optional<Recorded> single;
  const auto unable = error_of([&] {
    single.emplace(computation, DType::f32, options.seed, context);
    try_f32(computation, *single, context);
  });
  if (unable) {
    check.not_compared("it does not run in f32: " + *unable);
    return check;
  }
  const auto error = error_of([&] {  // a point close by may be outside the domain of an op
    const Recorded exact(computation, DType::f64, options.seed, context);
    Precisions{computation, *single, exact, options.seed, context}.compare(check);
  });
  if (error) check.not_compared(*error);
  return check;
}

}  // namespace autonet::internal
