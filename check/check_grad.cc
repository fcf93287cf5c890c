#include "check/check_grad.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "autograd/error.h"
#include "autograd/grad.h"
#include "check/curvature.h"
#include "check/diagnosis.h"
#include "check/evidence.h"
#include "check/exact.h"
#include "check/judge.h"
#include "check/precision.h"
#include "check/rules.h"
#include "check/selection.h"
#include "check/subject.h"

namespace autonet {
namespace {

bool same_bits(const Array& a, const Array& b) {
  return a.type() == b.type() && std::memcmp(a.raw(), b.raw(), a.type().bytes()) == 0;
}

/// y twice on the same recording, then y and its gradient on another, with another number of
/// threads.
ClaimCheck check_repeatable(Subject& subject, const Recording& f, std::span<const Array> points,
                            std::span<const std::string> names, const CheckGradOptions& options,
                            int order) {
  ClaimCheck check;
  check.name = "repeatable";
  const int threads = subject.context().threads() == 1 ? 2 : 1;
  check.claim = "the same bits again, and anew on " + std::to_string(threads) +
                (threads == 1 ? " thread" : " threads");
  const auto differs = [&](const std::string& what) {
    check.verdict = Verdict::failed;
    check.details = what + "; hold random masks and states still";
  };
  const double center = subject.center();
  subject.replay().run();
  const double again = subject.replay().output(0).item();
  if (std::memcmp(&center, &again, sizeof center) != 0) {
    differs("two forward passes differ");
    return check;
  }
  Context context(threads);
  Subject other(f, points, names, options.seed, order, context);
  check.compared = 1 + static_cast<Index>(points.size());
  const double anew = other.center();
  if (std::memcmp(&center, &anew, sizeof center) != 0) {
    differs("y is another number when recorded anew");
    return check;
  }
  for (size_t i = 0; i < points.size(); ++i) {
    if (same_bits(subject.gradient()[i], other.gradient()[i])) continue;
    differs("the gradient of " + names[i] + " is another one when recorded anew");
  }
  return check;
}

CheckReport check_order(int order, const Recording& f, std::span<const Array> points,
                        std::span<const std::string> names, const CheckGradOptions& options,
                        Context& context) {
  const std::string prefix = order == 2 ? "second order: " : "";
  const auto tell = [&](const std::string& what) {
    if (options.progress) options.progress(prefix + what);
  };
  CheckReport report;
  report.order = order;
  std::vector<bool> chosen = selection(names, options.only);
  Subject subject(f, points, names, options.seed, order, context);
  if (!std::isfinite(subject.center())) {
    ClaimCheck& finite = report.claims.emplace_back();
    finite.name = "finite";
    finite.claim = "y is a number where the check stands";
    finite.verdict = Verdict::failed;
    finite.details = "y is " + short_text(subject.center()) + " where the check stands";
    report.verdict = Verdict::failed;  // nothing else means anything then
    return report;
  }
  tell("the same bits twice");
  report.claims.push_back(check_repeatable(subject, f, points, names, options, order));
  if (report.claims.back().verdict == Verdict::failed) {
    report.verdict = Verdict::failed;
    return report;
  }
  const auto next = [&](const std::string& what) {
    if (!options.stopped()) tell(what);
    return !options.stopped();
  };
  if (next("each rule by itself")) report.rules = check_rules(subject, options);
  if (next("whole numbers")) report.claims.push_back(check_exact(subject, options));
  if (order == 1) {
    if (next("two methods")) {
      const ClaimCheck methods = check_methods(subject, options);
      if (methods.compared > 0) report.claims.push_back(methods);
    }
    if (options.precision && next("f32 against f64")) {
      report.claims.push_back(check_precision(f, points, names, options, context));
    }
  } else if (next("curvature")) {
    for (ClaimCheck& claim : check_curvature(f, points, names, options, context)) {
      report.claims.push_back(std::move(claim));
    }
  }

  std::vector<Evidence> evidence(subject.size());
  const auto count = std::ranges::count(chosen, true);
  std::ptrdiff_t done = 0;
  for (size_t i = 0; i < subject.size(); ++i) {
    if (!chosen[i]) continue;
    if (options.stopped()) {
      report.stopped = true;
      chosen[i] = false;
      continue;
    }
    tell(names[i] + ", tensor " + std::to_string(++done) + " of " + std::to_string(count));
    evidence[i] = gather_evidence(subject, i, options);
  }
  report.stopped = report.stopped || options.stopped();
  if (std::ranges::count(chosen, true) > 0) {
    tell("forward mode");
    add_forward_mode(subject, evidence);
    tell("rounding");
    add_rounding(subject, evidence, options.seed);
  }
  for (size_t i = 0; i < subject.size(); ++i) {
    if (!chosen[i]) continue;
    report.tensors.push_back(judge_own(subject, i, evidence[i], options));
  }

  const auto has = [](const auto& checks, Verdict verdict) {
    return std::ranges::any_of(checks, [&](const auto& c) { return c.verdict == verdict; });
  };
  // A function may well have no second derivative by some of its points, or by any: that it bends
  // as little as the rules say is then measured by the claim on curvature. A dead one has no first.
  const bool bent = std::ranges::any_of(report.claims, [](const ClaimCheck& claim) {
    return claim.name == "curvature" && claim.compared > 0;
  });
  const auto unknown = [&](const TensorCheck& tensor) {
    return tensor.verdict == Verdict::inconclusive && !(order == 2 && tensor.only_zeros);
  };
  const bool nothing = std::ranges::any_of(report.tensors, unknown) ||
                       (order == 2 && !has(report.tensors, Verdict::passed) && !bent);
  report.verdict = has(report.tensors, Verdict::failed) || has(report.rules, Verdict::failed) ||
                           has(report.claims, Verdict::failed)
                       ? Verdict::failed
                   : nothing || report.tensors.empty() || report.stopped ? Verdict::inconclusive
                                                                         : Verdict::passed;
  return report;
}

}  // namespace

CheckReport check_grad(const Recording& f, std::span<const Array> points,
                       std::span<const std::string> names, const CheckGradOptions& options) {
  require_points(points, names);
  if (options.order < 1 || options.order > 2 || options.max_elements < 0 ||
      !(options.rtol >= 0.0) || !(options.atol >= 0.0)) {
    throw Error("check_grad: order must be 1 or 2, max_elements, rtol and atol at least 0, got " +
                std::to_string(options.order) + ", " + std::to_string(options.max_elements) + ", " +
                short_text(options.rtol) + ", " + short_text(options.atol));
  }
  Context own;
  Context& context = options.context == nullptr ? own : *options.context;
  CheckReport report = check_order(1, f, points, names, options, context);
  if (options.order == 2 && !report.stopped) {
    report.second.push_back(check_order(2, f, points, names, options, context));
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
    names.push_back("input " + std::to_string(i));
  }
  const std::vector<Array> all(inputs.begin(), inputs.end());
  const Recording record = [&](Tape& tape, std::span<const Var> xs) {
    std::vector<Var> in;
    size_t next = 0;
    for (size_t i = 0; i < all.size(); ++i) {
      const bool point = op->differentiable(static_cast<int>(i));
      in.push_back(point ? xs[next++]
                         : tape.constant(xs.empty() ? all[i] : all[i].to(xs[0].dtype())));
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
