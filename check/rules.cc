#include "check/rules.h"

#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "autograd/random.h"
#include "check/comparison.h"
#include "check/local_call.h"
#include "check/rounding.h"

namespace autonet {
namespace {

/// What sides that are computed without a step may differ by, relative to their size.
constexpr double kExactBound = 1e-11;
/// Ops of more inputs (sums, joins) take them all alike: one row for all of them.
constexpr size_t kMostRows = 8;

/// What became of one rule at one call.
struct Finding {
  Agreement agreement = Agreement::hidden;
  bool on_kink = false;  // not compared for that
  double error = 0.0;    // relative
  std::string against;
};

/// Holds <rule(v), u> against <v, J u>, told without the rule.
Finding look_at(LocalCall& call, LocalRule& rule, const Array& v, const Array& xbar, const Array& u,
                const CheckGradOptions& options) {
  Finding finding;
  const double claimed = inner_product(xbar, u);
  const double size = norm(xbar) * norm(u);
  const double rounding = kRoundings * rule.rounding(u, options.seed) + kNothing;
  const auto hold_against = [&](double known, double allowed, double uncertainty) {
    const double larger = std::max(size, std::abs(known));
    finding.agreement = compare(claimed, known, larger, allowed, uncertainty);
    finding.error = larger <= uncertainty ? 0.0 : std::abs(claimed - known) / larger;
  };
  if (const std::optional<Array> tangent = call.exact_tangent(u)) {
    finding.against = call.exact_means();
    const double known = inner_product(v, *tangent);
    hold_against(known, kExactBound * std::max(size, std::abs(known)), rounding);
    return finding;
  }
  finding.against = "differences";
  const Slope slope = call.slope(v, u);
  if (slope.outside) return finding;
  const double allowed = options.atol + options.rtol * std::abs(slope.value);
  hold_against(slope.value, allowed, 3 * slope.uncertainty + rounding);
  if (slope.crossed || (finding.agreement != Agreement::agrees && on_kink(slope) &&
                        is_subgradient(slope, claimed, allowed))) {
    // On a kink any slope between both sides' is right.
    finding.agreement = Agreement::hidden;
    finding.on_kink = true;
  }
  return finding;
}

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
      LocalCall local(subject.context(), call, input);
      LocalRule rule = *LocalRule::record(subject.context(), call, input);
      const Array v = normal_array(call.output.type(), options.seed, ++stream);
      const Array xbar = rule(v);
      const Array r = normal_array(local.x().type(), options.seed, ++stream);
      const Array u = scaled(steep_direction(r, xbar), norm(r));
      const Finding finding = look_at(local, rule, v, xbar, u, options);
      row.against = finding.against;
      if (finding.agreement == Agreement::hidden) {
        found->second.on_kink = found->second.on_kink || finding.on_kink;
        continue;
      }
      const bool first = found->second.compared++ == 0;
      const bool fails = finding.agreement == Agreement::disagrees;
      // The first call that fails is the one that is diagnosed, even if a later one is worse.
      if (row.verdict != Verdict::failed && (first || fails || !(finding.error <= row.worst))) {
        row.worst = finding.error;
        row.where = call.label;
      }
      if (!fails || row.verdict == Verdict::failed) continue;
      row.verdict = Verdict::failed;
      row.diagnosis = local.diagnosis(v, xbar, options.seed);
    }
  }
  std::vector<RuleCheck> checks;
  for (const auto& key : order) {
    Row& row = rows.at(key);
    if (row.compared == 0) {
      row.check.verdict = Verdict::inconclusive;
      row.check.diagnosis =
          row.on_kink ? "not compared: on kinks at every call"
                      : "not compared: zero, hidden by rounding or without a value at every call";
    }
    checks.push_back(row.check);
  }
  return checks;
}

}  // namespace autonet
