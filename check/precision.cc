#include "check/claims.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "autonet/autograd/error.h"
#include "autonet/autograd/grad.h"
#include "autonet/autograd/program.h"
#include "autonet/text/concat.h"
#include "check/attempt.h"
#include "check/limits.h"
#include "check/rounding.h"
#include "check/vectors.h"
#include "text/numbers.h"

namespace autonet::internal {
namespace {

bool all_finite(const Array& x) {
  return !first_not_finite(x);
}

/// The computation in f32, recorded and planned as for training.
class Single {
 public:
  Single(const Computation& computation, std::uint64_t seed, Context& context, bool gradient)
      : context_(context),
        tape_(context),
        xs_(computation.placeholders(tape_, DType::f32)),
        outputs_{computation.record(tape_, xs_)} {
    const Var y = outputs_[0];
    if (y.dtype() != DType::f32)
      throw Error(text::concat("its result stays in ", name_of(y.dtype())));
    if (gradient) {
      const Array v = y.shape().size() == 1 ? Array::full({y.shape(), DType::f64}, 1.0)
                                            : normal_array({y.shape(), DType::f64}, seed,
                                                           stream_of("check/precision"));
      for (const Var& bar : vjp(y, xs_, tape_.constant(v.to(DType::f32)))) outputs_.push_back(bar);
    }
    program_.emplace(context, xs_, outputs_);
    for (size_t i = 0; i < xs_.size(); ++i) {
      program_->input(i).copy_from(computation.points[i].to(DType::f32));
      values_.emplace(xs_[i].id(), program_->input(i));
    }
  }

  std::span<Step> steps() { return program_->steps(); }
  /// Runs the steps that no rule recorded, to see whether ops can compute in f32.
  void try_forward() {
    for (Step& step : steps()) {
      if (step.calls[0].rule_of.empty()) step.run(context_);
    }
  }

  /// Runs a step and keeps its results, whose memory later steps may use.
  void run(Step& step) {
    step.run(context_);
    for (size_t i = 0; i < step.outputs.size(); ++i) {
      values_.insert_or_assign(step.output_ids[i], step.outputs[i].clone());
    }
  }

  Context& context() { return context_; }
  /// The calls of a step in f64, at the numbers that the step reads.
  Rounding reference(const Step& step) {
    std::vector<Var> results;
    for (const Index id : step.output_ids) results.push_back(tape_.var(id));
    return {context_, {}, results, {}, values_};
  }

 private:
  Context& context_;
  Tape tape_;
  std::vector<Var> xs_;
  std::vector<Var> outputs_;
  std::optional<Program> program_;
  Replay::Values values_;  // of leaves and of steps that ran
};

/// "conv2d + add + relu of conv_1", "conv2d of conv_2, in the rule of conv2d for input 1"
std::string name_of_step(const Step& step) {
  std::string name;
  for (const StepCall& call : step.calls) {
    name += text::concat(name.empty() ? "" : " + ", call.op->name());
  }
  const StepCall& last = step.calls.back();
  if (!last.label.empty()) name += " of " + last.label;
  if (last.rule_of.empty()) return name;
  return text::concat(name, ", in the rule of ", last.rule_of, " for input ", last.rule_of_input);
}

/// Where two arrays differ most, and both numbers.
std::string largest_difference(const Array& single, const Array& exact) {
  const std::vector<double> a = single.to_vector();
  const std::vector<double> b = exact.to_vector();
  size_t at = 0;
  for (size_t k = 0; k < a.size(); ++k) {
    if (!(std::abs(a[k] - b[k]) <= std::abs(a[at] - b[at]))) at = k;
  }
  return text::concat("at ", position_text(static_cast<Index>(at), exact.shape()), " f32 gives ",
                      text::significant(a[at], 7), ", f64 ", text::significant(b[at], 7));
}

/// The size of the rounding in each result of a step, as the norm of the error: measured, but not
/// less than half a unit in the last place.
std::vector<double> units_of(Rounding& reference, std::uint64_t seed) {
  const auto results = reference.right().outputs();
  const bool few = std::ranges::any_of(results, [](const Array& y) { return y.size() < kSample; });
  std::vector<double> units = reference.largest(
      kF32, seed, results.size(),
      [&] {
        std::vector<double> off;
        for (size_t k = 0; k < results.size(); ++k) {
          off.push_back(norm(moved(reference.disturbed().output(k), results[k], -1.0)));
        }
        return off;
      },
      few ? kRoundingRuns : 1);
  for (size_t k = 0; k < units.size(); ++k) {
    const double places = std::sqrt(static_cast<double>(results[k].size())) * kF32.smallest;
    units[k] = std::max(units[k], kF32.half_unit * norm(results[k]) + places);
  }
  return units;
}

/// The rounding of a linear call by its partial sums, which may be larger than random terms give:
/// if terms of one sign come first, and cancel later. As the norm of the error of the result.
double rounding_of_partial_sums(Context& context, const ReplayCall& call) {
  size_t most = 0;
  for (size_t i = 1; i < call.inputs.size(); ++i) {
    if (call.inputs[i].size() > call.inputs[most].size()) most = i;
  }
  if (!call.op->linear_in(static_cast<int>(most))) return 0.0;
  double squares = 0.0;
  for (Index part = 1; part <= kParts; ++part) {
    std::vector<Array> inputs = call.inputs;
    Index k = 0;
    const Index end = inputs[most].size() * part / kParts;
    inputs[most] = mapped(inputs[most], [&](double number) { return k++ < end ? number : 0.0; });
    const double sum = norm(compute(*call.op, inputs, call.output.type(), context));
    squares += sum * sum * terms_of(call) / kParts;
  }
  return kF32.half_unit * std::sqrt(squares);
}

void compare_step(Single& single, Step& step, std::uint64_t seed, ClaimCheck& check) {
  Rounding reference = single.reference(step);
  reference.run();
  single.run(step);
  double terms = 1.0;
  for (const ReplayCall& call : reference.right().calls()) {
    if (!std::ranges::all_of(call.inputs, all_finite)) {
      return check.not_compared("the numbers are not finite in f32");
    }
    terms = std::max(terms, terms_of(call));
  }
  std::vector<double> units;
  for (size_t k = 0; k < step.outputs.size(); ++k) {
    const Array& exact = reference.right().output(k);
    const Array result = step.outputs[k].to(DType::f64);
    if (!all_finite(exact.to(DType::f32))) {
      check.not_compared(name_of_step(step) + " leaves the range of f32");
      continue;
    }
    double error = norm(moved(result, exact, -1.0));
    ++check.compared;
    if (error == 0.0) continue;
    // Sums round by at least this. A smaller error needs no measurement, which takes time.
    const double least = kF32.half_unit * std::sqrt(terms) * norm(exact);
    if (error > least && units.empty()) units = units_of(reference, seed);
    error /= error > least ? units[k] : least;
    if (error > check.bound && step.calls.size() == 1) {
      const double unit =
          rounding_of_partial_sums(single.context(), reference.right().calls().back());
      if (unit > units[k]) error *= units[k] / unit;
    }
    const bool fails = !(error <= check.bound);
    if (!(error <= check.worst)) {
      check.worst = error;
      if (check.verdict == Verdict::passed) check.details = "largest in " + name_of_step(step);
    }
    if (!fails || check.verdict == Verdict::failed) continue;
    check.fail(text::concat(
        name_of_step(step), ": ",
        std::isfinite(error)
            ? text::concat("off by ", text::significant(error, 3), " times the rounding of f32; ")
            : std::string("an f32 routine gives an infinity or NaN; "),
        largest_difference(result, exact)));
  }
}

}  // namespace

ClaimCheck check_precision(const Computation& computation, const CheckGradOptions& options,
                           Context& context, bool gradient) {
  ClaimCheck check{.name = "f32 against f64",
                   .claim = "each step of training, in units of f32 rounding",
                   .bound = kRoundingsF32};
  std::optional<Single> single;
  const auto unable = error_of([&] {
    single.emplace(computation, options.seed, context, gradient);
    single->try_forward();
  });
  if (unable) {
    check.details = "it does not run in f32: " + *unable;
    return check;
  }
  const auto error = error_of([&] {  // rounded to f32, a point may be outside the domain of an op
    for (Step& step : single->steps()) {
      if (!options.stopped()) compare_step(*single, step, options.seed, check);
    }
  });
  if (error) check.not_compared(*error);
  if (check.compared == 0 && check.verdict == Verdict::passed) {
    check.details = "there is nothing to compute";
  }
  return check;
}

}  // namespace autonet::internal
