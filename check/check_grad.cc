#include "autonet/check/check_grad.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "check/attempt.h"
#include "check/claims.h"
#include "check/difference.h"
#include "check/limits.h"
#include "check/rules.h"
#include "check/subject.h"
#include "check/tangent.h"
#include "check/tensors.h"
#include "check/vectors.h"
#include "text/numbers.h"

namespace autonet {
namespace {

using internal::Computation;
using internal::Subject;
using internal::verdict_of;

/// What makes the gradient of point i zero everywhere: a call that makes zeros of every change, as
/// its layer is dead, its weights are zero, or what it adds is subtracted again.
std::string cause_of_zeros(Subject& subject, size_t i, const Array& u) {
  const internal::Replay& replay = *subject.replay;
  const auto at =
      internal::where_it_vanishes(replay, internal::tangent_along(subject.context, replay, i, u));
  if (!at) return "";
  const internal::ReplayCall& call = replay.calls()[*at];
  const auto zero = [](const Array& x) { return internal::norm(x) == 0.0; };
  const std::string name = internal::name_of_call(call);
  if (call.choices != 0 && zero(call.output)) {
    return text::concat("; ", name, " gives 0 everywhere, as its input is at most ",
                        text::significant(std::ranges::max(call.inputs[0].to_vector()), 3),
                        ": that layer is dead");
  }
  for (const int point : call.points) {
    const auto k = static_cast<size_t>(point);
    if (point >= 0 && k != i && zero(subject.points[k])) {
      return text::concat("; ", subject.names[k], " is zero everywhere");
    }
  }
  return text::concat("; ", name, " gives the same for all numbers there");
}

/// The check at one order.
class Check {
 public:
  Check(int order, const Computation& computation, const CheckGradOptions& options,
        Context& context)
      : order_(order), computation_(computation), options_(options), context_(context) {}

  CheckReport run() {
    report_.order = order_;
    std::vector<bool> chosen = internal::selection(computation_.names, options_.only);
    Subject subject(computation_, options_.seed, order_, context_);
    if (!std::isfinite(subject.center)) {
      ClaimCheck finite{.name = "finite", .claim = "y is finite at the points"};
      finite.fail(text::concat("y is ", text::significant(subject.center, 6), " at the points"));
      report_.claims.push_back(finite);
      report_.verdict = Verdict::failed;  // nothing else has a meaning then
      return report_;
    }
    add([&] { return internal::check_repeatable(subject, computation_, options_, order_); },
        "the same bits");
    if (verdict_of(report_) == Verdict::failed) {
      report_.verdict = Verdict::failed;
      return report_;
    }
    if (next("each rule by itself")) report_.rules = internal::check_rules(subject, options_);
    if (order_ == 1) {
      add([&] { return internal::check_methods(subject, options_); }, "two methods");
      add([&] { return internal::check_differences(subject, options_); }, "differences");
      if (options_.precision) in_f32(computation_, true, "");
      for (const OtherUse& use : options_.uses) other(use);
    } else if (next("curvature")) {
      Subject first(computation_, options_.seed, 1, context_);
      keep(internal::check_curvature(first, subject, options_));
    }
    std::vector<internal::Evidence> evidence = internal::gather_evidence(subject, chosen, options_);
    report_.stopped = options_.stopped();
    for (size_t i = 0; i < subject.size(); ++i) {
      if (chosen[i]) add_tensor(subject, i, evidence[i]);
    }
    const auto fails = [](const auto& check) { return check.verdict == Verdict::failed; };
    if (std::ranges::any_of(report_.tensors, fails) && std::ranges::none_of(report_.rules, fails)) {
      add([&] { return internal::find_lost_term(subject, options_.seed); }, "lost terms");
    }
    report_.verdict = verdict_of(report_);
    return report_;
  }

 private:
  bool next(const std::string& what) {
    if (!options_.stopped()) options_.tell((order_ == 2 ? "second order: " : "") + what);
    return !options_.stopped();
  }

  /// A claim that had nothing to compare is no row, only a note if there is a reason to tell.
  void keep(const ClaimCheck& claim) {
    if (claim.compared > 0 || claim.verdict != Verdict::passed) {
      report_.claims.push_back(claim);
    } else if (!claim.details.empty()) {
      report_.notes.push_back(claim.name + ": " + claim.details);
    }
  }

  template <typename Claim>
  void add(const Claim& claim, const std::string& what) {
    if (next(what)) keep(claim());
  }

  void in_f32(const Computation& computation, bool gradient, const std::string& use) {
    if (!next(text::concat("f32 against f64", use.empty() ? "" : ", ", use))) return;
    ClaimCheck claim = internal::check_precision(computation, options_, context_, gradient);
    if (!use.empty()) {
      claim.name = "f32, " + use;
      if (claim.compared == 0 && claim.verdict == Verdict::passed)
        claim.not_compared(claim.details);
    }
    keep(claim);
  }

  /// The rules, and f32, in another use of the computation.
  void other(const OtherUse& use) {
    std::vector<std::string> names;
    for (size_t i = 0; i < use.points.size(); ++i) names.push_back(text::concat("point ", i));
    const Computation computation{use.f, use.points, names};
    if (options_.precision) in_f32(computation, use.gradient, use.name);
    if (!use.gradient || !next("rules, " + use.name)) return;
    ClaimCheck rules{.name = "rules, " + use.name,
                     .claim = "each rule by itself, in that use",
                     .bound = internal::kRuleBound};
    const auto refused = internal::error_of([&] {
      Subject subject(computation, options_.seed, 1, context_);
      for (const RuleCheck& rule : internal::check_rules(subject, options_, false)) {
        if (rule.verdict == Verdict::inconclusive) continue;
        rules.compared += rule.calls;
        rules.worst = internal::worse(rules.worst, rule.worst);
        if (rule.verdict != Verdict::failed || rules.verdict == Verdict::failed) continue;
        rules.fail(text::concat("the rule of ", rule_name(rule.op, rule.input), ", layer ",
                                rule.where, ": ", rule.diagnosis));
      }
      for (ClaimCheck claim :
           {internal::check_rows(subject), internal::check_methods(subject, options_)}) {
        claim.name += ", " + use.name;
        keep(claim);
      }
    });
    if (refused) rules.not_compared(*refused);
    keep(rules);
  }

  void add_tensor(Subject& subject, size_t i, internal::Evidence& evidence) {
    TensorCheck tensor = internal::judge(subject, i, evidence, subject.gradient()[i], options_);
    internal::rely_on(report_.rules, evidence, tensor);
    if (tensor.does_nothing) {
      report_.notes.push_back(text::concat(
          tensor.name,
          " does nothing: its gradient is zero, as what it changes is subtracted again"));
    }
    if (tensor.verdict == Verdict::inconclusive && tensor.only_zeros && order_ == 1) {
      tensor.diagnosis += cause_of_zeros(subject, i, evidence.u);
    }
    report_.tensors.push_back(tensor);
  }

  int order_;
  const Computation& computation_;
  const CheckGradOptions& options_;
  Context& context_;
  CheckReport report_;
};

}  // namespace

CheckReport check_grad(const Recording& f, std::span<const Array> points,
                       std::span<const std::string> names, const CheckGradOptions& options) {
  const Computation computation{f, points, names};
  computation.require_points();
  if (options.order < 1 || options.order > 2 || options.max_elements < 0 ||
      !(options.rtol >= 0.0) || !(options.atol >= 0.0)) {
    throw Error(text::concat(
        "check_grad: order must be 1 or 2, max_elements, rtol and atol at least 0, got ",
        options.order, ", ", options.max_elements, ", ", options.rtol, ", ", options.atol));
  }
  Context own;
  Context& context = options.context == nullptr ? own : *options.context;
  CheckReport report = Check(1, computation, options, context).run();
  if (options.order == 2 && !report.stopped) {
    report.second.push_back(Check(2, computation, options, context).run());
    const Verdict second = report.second[0].verdict;
    report.stopped = report.second[0].stopped;
    if (second == Verdict::failed || report.verdict == Verdict::passed) report.verdict = second;
  }
  return report;
}

CheckReport check_op(std::shared_ptr<const Op> op, std::span<const Array> inputs,
                     const CheckGradOptions& options) {
  std::vector<Array> points;
  std::vector<std::string> names;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!op->differentiable(static_cast<int>(i))) continue;
    points.push_back(inputs[i]);
    names.push_back(text::concat("input ", i));
  }
  const Recording record = [&](Tape& tape, std::span<const Var> xs) {
    std::vector<Var> in;
    size_t next = 0;
    for (size_t i = 0; i < inputs.size(); ++i) {
      const bool point = op->differentiable(static_cast<int>(i));
      in.push_back(point ? xs[next++]
                         : tape.constant(xs.empty() ? inputs[i] : inputs[i].to(xs[0].dtype())));
    }
    return tape.record(op, in);
  };
  return check_grad(record, points, names, options);
}

CheckReport check_op(std::shared_ptr<const Op> op, std::initializer_list<Array> inputs,
                     const CheckGradOptions& options) {
  return check_op(std::move(op), std::span<const Array>(inputs.begin(), inputs.size()), options);
}

}  // namespace autonet
