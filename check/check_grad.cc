#include "autonet/check/check_grad.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "check/curvature.h"
#include "check/evidence.h"
#include "check/exact.h"
#include "check/judge.h"
#include "check/precision.h"
#include "check/rules.h"
#include "check/selection.h"
#include "check/subject.h"
#include "text/numbers.h"

namespace autonet {
namespace {

using internal::Computation;
using internal::Subject;

bool same_bits(double a, double b) {
  return std::memcmp(&a, &b, sizeof a) == 0;
}

bool same_bits(const Array& a, const Array& b) {
  return a.type() == b.type() && std::memcmp(a.raw(), b.raw(), a.type().bytes()) == 0;
}

/// y twice on the same recording, then y and its gradient recorded again, with another number of
/// threads.
ClaimCheck check_repeatable(Subject& subject, const Computation& computation,
                            const CheckGradOptions& options, int order) {
  const int threads = subject.context().threads() == 1 ? 2 : 1;
  ClaimCheck check{.name = "repeatable",
                   .claim = text::concat("the same bits again, also on ", threads,
                                         threads == 1 ? " thread" : " threads")};
  const auto differs = [&](const std::string& what) {
    check.fail(what + "; fix random masks and states");
    return check;
  };
  subject.replay().run();
  if (!same_bits(subject.center(), subject.replay().output(0).item())) {
    return differs("two forward passes differ");
  }
  Context context(threads);
  Subject other(computation, options.seed, order, context);
  check.compared = 1 + static_cast<Index>(subject.size());
  if (!same_bits(subject.center(), other.center())) {
    return differs("y is different when recorded again");
  }
  for (size_t i = 0; i < subject.size(); ++i) {
    if (same_bits(subject.gradient()[i], other.gradient()[i])) continue;
    differs("the gradient of " + subject.name(i) + " is different when recorded again");
  }
  return check;
}

/// The verdict of a report whose parts are complete.
Verdict verdict_of(const CheckReport& report) {
  const auto has = [](const auto& checks, Verdict verdict) {
    return std::ranges::any_of(checks, [&](const auto& c) { return c.verdict == verdict; });
  };
  if (has(report.tensors, Verdict::failed) || has(report.rules, Verdict::failed) ||
      has(report.claims, Verdict::failed)) {
    return Verdict::failed;
  }
  if (report.tensors.empty() || report.stopped) return Verdict::inconclusive;
  // A zero second derivative is legitimate: that y bends no more than the rules say is measured by
  // the claim on curvature. A zero first derivative means that nothing was tested.
  const bool second = report.order == 2;
  const bool bent = std::ranges::any_of(report.claims, [](const ClaimCheck& claim) {
    return claim.name == "curvature" && claim.compared > 0;
  });
  if (second && !bent && !has(report.tensors, Verdict::passed)) return Verdict::inconclusive;
  const bool unknown = std::ranges::any_of(report.tensors, [&](const TensorCheck& tensor) {
    return tensor.verdict == Verdict::inconclusive && !(second && tensor.only_zeros);
  });
  return unknown ? Verdict::inconclusive : Verdict::passed;
}

CheckReport check_order(int order, const Computation& computation, const CheckGradOptions& options,
                        Context& context) {
  const auto tell = [&](const std::string& what) {
    if (options.progress) options.progress((order == 2 ? "second order: " : "") + what);
  };
  CheckReport report{.order = order};
  std::vector<bool> chosen = internal::selection(computation.names, options.only);
  Subject subject(computation, options.seed, order, context);
  if (!std::isfinite(subject.center())) {
    ClaimCheck& finite = report.claims.emplace_back(
        ClaimCheck{.name = "finite", .claim = "y is finite at the points"});
    finite.fail(text::concat("y is ", text::significant(subject.center(), 6), " at the points"));
    report.verdict = Verdict::failed;  // nothing else has a meaning then
    return report;
  }
  tell("the same bits twice");
  report.claims.push_back(check_repeatable(subject, computation, options, order));
  if (report.claims.back().verdict == Verdict::failed) {
    report.verdict = Verdict::failed;
    return report;
  }
  const auto next = [&](const std::string& what) {
    if (!options.stopped()) tell(what);
    return !options.stopped();
  };
  if (next("each rule by itself")) report.rules = internal::check_rules(subject, options);
  if (next("whole numbers")) report.claims.push_back(internal::check_exact(subject, options));
  if (order == 1) {
    if (next("two methods")) {
      const ClaimCheck methods = internal::check_methods(subject, options);
      if (methods.compared > 0) report.claims.push_back(methods);
    }
    if (options.precision && next("f32 against f64")) {
      report.claims.push_back(internal::check_precision(computation, options, context));
    }
  } else if (next("curvature")) {
    for (ClaimCheck& claim : internal::check_curvature(computation, options, context)) {
      report.claims.push_back(std::move(claim));
    }
  }

  std::vector<internal::Evidence> evidence(subject.size());
  const auto count = std::ranges::count(chosen, true);
  int done = 0;
  for (size_t i = 0; i < subject.size(); ++i) {
    if (options.stopped()) chosen[i] = false;
    if (!chosen[i]) continue;
    tell(text::concat(subject.name(i), ", tensor ", ++done, " of ", count));
    evidence[i] = internal::gather_evidence(subject, i, options);
  }
  report.stopped = options.stopped();
  if (std::ranges::count(chosen, true) > 0) {
    tell("forward mode");
    internal::add_forward_mode(subject, evidence);
    tell("rounding");
    internal::add_rounding(subject, evidence, options.seed);
  }
  for (size_t i = 0; i < subject.size(); ++i) {
    if (!chosen[i]) continue;
    report.tensors.push_back(internal::judge_own(subject, i, evidence[i], options));
  }
  report.verdict = verdict_of(report);
  return report;
}

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
  CheckReport report = check_order(1, computation, options, context);
  if (options.order == 2 && !report.stopped) {
    report.second.push_back(check_order(2, computation, options, context));
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
