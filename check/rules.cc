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

/// What sides that are computed without a step may differ by, relative to their size: of one call
/// less than of many one after the other.
constexpr double kCallBound = 1e-11;
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
class Look {
 public:
  /// `rule` has just answered v with xbar.
  Look(const LocalCall& call, LocalRule& rule, const Array& v, const Array& xbar, const Array& u,
       const CheckGradOptions& options)
      : call_(call),
        rule_(rule),
        v_(v),
        xbar_(xbar),
        u_(u),
        options_(options),
        claimed_(inner_product(xbar, u)),
        size_(norm(xbar) * norm(u)) {}

  Finding find() {
    Finding finding;
    if (const std::optional<Array> tangent = call_.exact_tangent(u_)) {
      finding.against = call_.exact_means();
      const double known = inner_product(v_, *tangent);
      const double bound = kCallBound * std::max(size_, std::abs(known));
      hold_against(finding, known, Tolerance::of(bound), Doubt::of(kNothing));
      return finding;
    }
    finding.against = "differences";
    const Slope slope = call_.slope(v_, u_, xbar_);
    if (slope.outside) return finding;
    hold_against(finding, slope.value, by_differences(slope), slope.doubt());
    if (slope.crossed || (finding.agreement != Agreement::agrees && on_kink(slope))) {
      // Of many kinks some bend up and some down: only one at a time can be judged.
      finding.agreement =
          call_.wrong_kink(options_).empty() ? Agreement::hidden : Agreement::disagrees;
      finding.on_kink = true;
    }
    return finding;
  }

  /// Do differences agree with the rule? Where what the op says of itself does not, that is wrong.
  bool differences_agree() const {
    const Slope slope = call_.slope(v_, u_, xbar_);
    return !slope.outside && !slope.crossed &&
           compare(claimed_, slope.value, std::max(size_, std::abs(slope.value)),
                   by_differences(slope), slope.doubt()) == Agreement::agrees;
  }

 private:
  Tolerance by_differences(const Slope& slope) const {
    const double size = std::max(std::abs(slope.value), std::abs(claimed_));
    return Tolerance::of(size, options_.rtol, options_.atol);
  }

  void hold_against(Finding& finding, double known, const Tolerance& tolerance, Doubt doubt) {
    const double larger = std::max(size_, std::abs(known));
    finding.agreement = compare(claimed_, known, larger, tolerance, doubt);
    if (finding.agreement == Agreement::disagrees) {  // is it rounding? That takes time to tell
      const double rounding = kRoundings * rule_.rounding(u_, options_.seed);
      doubt = {doubt.likely + rounding, doubt.most + rounding};
      finding.agreement = compare(claimed_, known, larger, tolerance, doubt);
    }
    finding.error = larger <= doubt.likely ? 0.0 : std::abs(claimed_ - known) / larger;
  }

  const LocalCall& call_;
  LocalRule& rule_;
  const Array& v_;
  const Array& xbar_;
  const Array& u_;
  const CheckGradOptions& options_;
  double claimed_;
  double size_;
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
      Look look(local, rule, v, xbar, u, options);
      const Finding finding = look.find();
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
      const bool large = finding.error > 100 * options.rtol;  // for differences to tell
      if (finding.on_kink) {
        row.diagnosis = local.wrong_kink(options);
      } else if (finding.against != "differences" && large && look.differences_agree()) {
        row.diagnosis = std::string("differences agree with the rule; ") +
                        (call.op->linear_in(input) ? "is it linear in that input, as it says?"
                                                   : "is the op's complex step right?");
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
                      : "not compared: zero, hidden by rounding or without a value at every call";
    }
    checks.push_back(row.check);
  }
  return checks;
}

}  // namespace autonet
