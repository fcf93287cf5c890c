#include "check/rules.h"

#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "autonet/autograd/random.h"
#include "autonet/text/concat.h"
#include "check/comparison.h"
#include "check/local_call.h"
#include "check/rounding.h"
#include "check/vectors.h"

namespace autonet::internal {
namespace {

/// Allowed relative difference of two sides computed without a step. For one call it can be smaller
/// than for many calls in sequence.
constexpr double kCallBound = 1e-11;
/// Ops with more inputs than this (sums, joins) treat them all alike and get one row for all.
constexpr size_t kMostRows = 8;

/// The result for one rule at one call.
struct Finding {
  Agreement agreement = Agreement::hidden;
  bool on_kink = false;  // compared, if at all, by wrong_kink
  double error = 0.0;    // relative
  std::string against;
};

/// Compares <rule(v), u> with <v, J u>, found without the rule.
struct RuleComparison {
  const LocalCall& call;
  LocalRule& rule;
  const Array& v;
  const Array& xbar;  // the result of `rule` for v, its last call
  const Array& u;
  const CheckGradOptions& options;
  double claimed = inner_product(xbar, u);
  double size = norm(xbar) * norm(u);

  Finding find() {
    Finding finding;
    if (const std::optional<Array> tangent = call.exact_tangent(u)) {
      finding.against = call.exact_means();
      const double known = inner_product(v, *tangent);
      const double bound = kCallBound * std::max(size, std::abs(known));
      compare_with(finding, known, Tolerance::of(bound), Doubt::of(kNothing));
      return finding;
    }
    finding.against = "differences";
    const Slope slope = call.slope(v, u, xbar);
    if (slope.outside) return finding;
    compare_with(finding, slope.value, by_differences(slope), slope.doubt());
    if (slope.crossed || (finding.agreement != Agreement::agrees && on_kink(slope))) {
      // Of many kinks some bend up and some down, so they are judged one at a time.
      finding.agreement =
          call.wrong_kink(options).empty() ? Agreement::hidden : Agreement::disagrees;
      finding.on_kink = true;
    }
    return finding;
  }

  /// True if differences agree with the rule. If J u from the op itself does not, that is wrong.
  bool differences_agree() const {
    const Slope slope = call.slope(v, u, xbar);
    return !slope.outside && !slope.crossed &&
           compare(claimed, slope.value, std::max(size, std::abs(slope.value)),
                   by_differences(slope), slope.doubt()) == Agreement::agrees;
  }

  Tolerance by_differences(const Slope& slope) const {
    const double larger = std::max(std::abs(slope.value), std::abs(claimed));
    return Tolerance::of(larger, options.rtol, options.atol);
  }

  void compare_with(Finding& finding, double known, const Tolerance& tolerance, Doubt doubt) {
    const double larger = std::max(size, std::abs(known));
    finding.agreement = compare(claimed, known, larger, tolerance, doubt);
    if (finding.agreement == Agreement::disagrees) {  // measure the rounding, which takes time
      const double rounding = kRoundings * rule.rounding(u, options.seed);
      doubt = {doubt.likely + rounding, doubt.most + rounding};
      finding.agreement = compare(claimed, known, larger, tolerance, doubt);
    }
    finding.error = larger <= doubt.likely ? 0.0 : std::abs(claimed - known) / larger;
  }
};

}  // namespace

std::vector<RuleCheck> check_rules(Subject& subject, const CheckGradOptions& options) {
  std::set<std::string> of_many;
  for (const ReplayCall& call : subject.replay().calls()) {
    if (call.inputs.size() > kMostRows) of_many.emplace(call.op->name());
  }
  struct Row {
    RuleCheck check;
    Index compared = 0;
    bool on_kink = false;
  };
  std::map<std::pair<std::string, int>, Row> rows;
  std::vector<std::pair<std::string, int>> order;
  std::uint64_t stream = stream_of("check/rules");
  for (const ReplayCall& call : subject.replay().calls()) {
    for (size_t i = 0; i < call.inputs.size(); ++i) {
      if (options.stopped()) break;
      if (!subject.replay().reached(call, i) || call.inputs[i].size() == 0) continue;
      const int input = static_cast<int>(i);
      const std::string op(call.op->name());
      const auto key = std::pair(op, of_many.contains(op) ? RuleCheck::kEvery : input);
      auto [found, fresh] = rows.try_emplace(key);
      RuleCheck& row = found->second.check;
      if (fresh) {
        order.push_back(key);
        row.op = key.first;
        row.input = key.second;
      }
      ++row.calls;
      const LocalCall local(subject.context(), call, input);
      LocalRule rule = *LocalRule::record(subject.context(), call, input);
      const Array v = normal_array(call.output.type(), options.seed, ++stream);
      const Array xbar = rule(v);
      const Array r = normal_array(local.x().type(), options.seed, ++stream);
      const Array u = scaled(steep_direction(r, xbar), norm(r));
      RuleComparison comparison{local, rule, v, xbar, u, options};
      const Finding finding = comparison.find();
      row.against = finding.against;
      if (finding.agreement == Agreement::hidden) {
        found->second.on_kink = found->second.on_kink || finding.on_kink;
        continue;
      }
      const bool first = found->second.compared++ == 0;
      const bool fails = finding.agreement == Agreement::disagrees;
      // The first call that fails is diagnosed, even if a later one is worse.
      if (row.verdict != Verdict::failed && (first || fails || !(finding.error <= row.worst))) {
        row.worst = finding.error;
        row.where = call.label;
      }
      if (!fails || row.verdict == Verdict::failed) continue;
      row.verdict = Verdict::failed;
      const bool large = finding.error > 100 * options.rtol;  // large enough to show in differences
      if (finding.on_kink) {
        row.diagnosis = local.wrong_kink(options);
      } else if (finding.against != "differences" && large && comparison.differences_agree()) {
        row.diagnosis = text::concat("differences agree with the rule, so probably the op's ",
                                     call.op->linear_in(input) ? "linear_in" : "complex_step",
                                     " is wrong for this input");
      } else {
        row.diagnosis = local.diagnosis(v, xbar, options.seed);
      }
    }
  }
  std::vector<RuleCheck> checks;
  for (const auto& key : order) {
    Row& row = rows.at(key);
    if (row.compared == 0) {
      row.check.verdict = Verdict::inconclusive;
      row.check.diagnosis =
          row.on_kink ? "not compared: on kinks at every call"
                      : "not compared: zero, hidden by rounding or not finite at every call";
    }
    checks.push_back(row.check);
  }
  return checks;
}

}  // namespace autonet::internal
