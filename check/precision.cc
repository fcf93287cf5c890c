#include "check/precision.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <unordered_map>

#include "autonet/autograd/error.h"
#include "autonet/autograd/grad.h"
#include "autonet/autograd/program.h"
#include "autonet/ops/fusion.h"
#include "autonet/text/concat.h"
#include "check/attempt.h"
#include "check/rounding.h"
#include "check/vectors.h"
#include "text/numbers.h"

namespace autonet::internal {
namespace {

/// A step with fewer numbers is run more often to measure its rounding.
constexpr Index kFewNumbers = 50;
/// For one with more, an error that is clearly within rounding is not measured.
constexpr Index kManyNumbers = 20'000;
constexpr std::uint64_t kRunsOfFew = 8;

using Values = std::unordered_map<Index, Array>;  // by their entry on the tape

bool all_finite(const Array& x) {
  return !first_not_finite(x);
}

/// The computation in f32, recorded and planned as for training.
class Single {
 public:
  Single(const Computation& computation, std::uint64_t seed, Context& context, bool gradient)
      : context_(context),
        tape_(&context),
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
    program_.emplace(context, xs_, outputs_, ProgramOptions{.fusions = fusions()});
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

  /// Entry `id` in f64: from `known`, which has the results of the step so far, or as f32 has it.
  Array in_f64(Index id, const Values& known) {
    if (const auto found = known.find(id); found != known.end()) return found->second;
    if (const auto found = values_.find(id); found != values_.end()) {
      return found->second.to(DType::f64);
    }
    const Node& node = tape_.node(id);
    if (node.op == nullptr) return node.value.to(DType::f64);
    const Array x = in_f64(tape_.input(node, 0), known);  // a view, which is no step
    return compute(*node.op, context_, std::span(&x, 1), {node.type.shape, DType::f64});
  }

  /// Call `id` with its inputs in f64.
  ReplayCall call_of(Index id, const Values& known) {
    const Node& node = tape_.node(id);
    ReplayCall call;
    call.id = id;
    call.op = node.op;
    call.label = tape_.label_text(node.label);
    call.matters = true;
    std::vector<ArrayType> types;
    for (int i = 0; i < node.input_count; ++i) {
      call.inputs.push_back(in_f64(tape_.input(node, i), known));
      types.push_back(call.inputs.back().type());
    }
    call.output = Array::uninitialized(call.op->infer(types));
    return call;
  }

  Context& context() { return context_; }

 private:
  Context& context_;
  Tape tape_;
  std::vector<Var> xs_;
  std::vector<Var> outputs_;
  std::optional<Program> program_;
  Values values_;
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

/// The same calls as a step, in f64.
class Reference {
 public:
  Reference(Single& single, const Step& step) : single_(single) {
    for (const StepCall& call : step.calls) {
      ReplayCall right = single.call_of(call.id, values_);
      finite_ = finite_ && std::ranges::all_of(right.inputs, all_finite);
      right.op->forward(single.context(), right.inputs, right.output);
      right.choices = right.op->choices(single.context(), right.inputs);
      values_.emplace(call.id, right.output.to(DType::f64));
      calls_.push_back(std::move(right));
    }
  }

  /// False if a number that the step reads, or makes on its way, is not finite.
  bool finite() const { return finite_; }
  const Array& value(Index id) const { return values_.at(id); }

  /// A rounding that is certainly caused, as a part of the result: see forward_disturbed.
  double least_rounding() const {
    double terms = 1.0;
    for (const ReplayCall& call : calls_) terms = std::max(terms, terms_of(call));
    return kF32.half_unit * std::sqrt(terms);
  }

  /// The size of the rounding in each of these results, as the norm of the error.
  std::vector<double> rounding(std::span<const Index> ids, std::uint64_t seed) {
    Index fewest = value(ids[0]).size();
    for (const Index id : ids) fewest = std::min(fewest, value(id).size());
    const std::uint64_t runs = fewest < kFewNumbers ? kRunsOfFew : 1;
    std::vector<double> squares(ids.size(), 0.0);
    for (std::uint64_t run = 0; run < runs; ++run) {
      Values disturbed;
      for (const ReplayCall& right : calls_) {
        ReplayCall call = single_.call_of(right.id, disturbed);
        forward_disturbed(single_.context(), right, call, call.output, kF32, seed * runs + run);
        disturbed.emplace(right.id, call.output.to(DType::f64));
      }
      for (size_t k = 0; k < ids.size(); ++k) {
        const double off = norm(moved(disturbed.at(ids[k]), value(ids[k]), -1.0));
        squares[k] += off * off / static_cast<double>(runs);
      }
    }
    for (double& square : squares) square = std::sqrt(square);
    return squares;
  }

 private:
  Single& single_;
  std::vector<ReplayCall> calls_;
  Values values_;
  bool finite_ = true;
};

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

void compare_step(Single& single, Step& step, std::uint64_t seed, ClaimCheck& check) {
  Reference reference(single, step);
  single.run(step);
  if (!reference.finite()) {
    if (check.verdict == Verdict::passed) check.not_compared("the numbers are not finite in f32");
    return;
  }
  std::vector<double> units;
  for (size_t k = 0; k < step.outputs.size(); ++k) {
    const Array exact = reference.value(step.output_ids[k]);
    const Array result = step.outputs[k].to(DType::f64);
    if (!all_finite(exact.to(DType::f32))) {
      if (check.verdict == Verdict::passed) {
        check.not_compared(name_of_step(step) + " leaves the range of f32");
      }
      continue;
    }
    double error = norm(moved(result, exact, -1.0));
    ++check.compared;
    if (error == 0.0) continue;
    if (exact.size() > kManyNumbers && error <= reference.least_rounding() * norm(exact)) continue;
    if (units.empty()) units = reference.rounding(step.output_ids, seed);
    const double places = std::sqrt(static_cast<double>(exact.size())) * kF32.smallest;
    error /= std::max(units[k], kF32.half_unit * norm(exact) + places);
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
