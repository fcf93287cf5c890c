#include "check/self_test.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <utility>

#include "autograd/error.h"
#include "autograd/grad.h"
#include "check/evidence.h"
#include "check/judge.h"
#include "check/rounding.h"
#include "check/rule_edits.h"
#include "check/selection.h"
#include "check/subject.h"

namespace autonet {
namespace {

/// A rule that a computation uses: a call and which of its inputs.
struct Site {
  Index id = 0;
  std::shared_ptr<const Op> op;
  int input = 0;
  std::string where;
};

/// Every use of a rule on the way from a point to y.
std::vector<Site> sites_of(const Replay& replay) {
  std::vector<Site> sites;
  for (const ReplayCall& call : replay.calls()) {
    for (size_t i = 0; i < call.inputs.size(); ++i) {
      if (!replay.reached(call, i)) continue;
      sites.push_back({call.id, call.op, static_cast<int>(i), call.label});
    }
  }
  return sites;
}

/// The same mistake, noting whether it found anything to spoil.
RuleMistake noting(const RuleMistake& mistake, std::shared_ptr<bool> applied) {
  return {mistake.name, mistake.meaning, [record = mistake.record, applied](const RuleCall& rule) {
            std::optional<Var> wrong = record(rule);
            *applied = *applied || wrong.has_value();
            return wrong;
          }};
}

/// Does any element differ by more than rounding, which is `rounding` at the most?
bool differs(const Array& a, const Array& b, double rounding) {
  const std::vector<double> p = a.to_vector();
  const std::vector<double> q = b.to_vector();
  const double allowed = kRoundings * rounding + 1e-12 * std::max(norm(a), norm(b));
  for (size_t k = 0; k < p.size(); ++k) {
    if (!(std::abs(p[k] - q[k]) <= allowed)) return true;
  }
  return false;
}

/// What the check makes of a spoilt gradient.
void hold(PlantedMistake& planted, std::span<const Array> gradient, const Subject& subject,
          std::span<const Evidence> evidence, const CheckGradOptions& options) {
  bool any = false;
  bool passes = false;
  for (size_t i = 0; i < subject.size(); ++i) {
    if (!differs(gradient[i], subject.gradient()[i], evidence[i].element_rounding)) continue;
    any = true;
    const Verdict verdict = judge(subject, i, evidence[i], gradient[i], options).verdict;
    passes = passes || verdict == Verdict::passed;
    if (verdict != Verdict::failed) continue;
    planted.tensors.push_back(subject.name(i));
    Evidence differences = evidence[i];
    differences.complex_step.reset();
    planted.by_differences =
        planted.by_differences ||
        judge(subject, i, differences, gradient[i], options).verdict == Verdict::failed;
  }
  using Outcome = PlantedMistake::Outcome;
  planted.outcome = !any                       ? Outcome::no_effect
                    : !planted.tensors.empty() ? Outcome::caught
                    : passes                   ? Outcome::missed
                                               : Outcome::unseen;
}

}  // namespace

Index SelfTestReport::count(PlantedMistake::Outcome outcome) const {
  return std::ranges::count(planted, outcome, &PlantedMistake::outcome);
}

Verdict SelfTestReport::verdict() const {
  if (count(PlantedMistake::Outcome::missed) > 0 || !wrong.empty()) return Verdict::failed;
  if (stopped) return Verdict::inconclusive;
  return count(PlantedMistake::Outcome::caught) > 0 ? Verdict::passed : Verdict::inconclusive;
}

SelfTestReport check_the_check(const Recording& f, std::span<const Array> points,
                               std::span<const std::string> names,
                               const CheckGradOptions& options) {
  require_points(points, names);
  Context own;
  Context& context = options.context == nullptr ? own : *options.context;
  Subject subject(f, points, names, options.seed, 1, context);
  SelfTestReport report;
  // Gathered once, held against every spoilt gradient. Of the right rules it has the direction
  // alone.
  std::vector<Evidence> evidence;
  for (size_t i = 0; i < subject.size(); ++i) {
    if (options.stopped()) {
      report.stopped = true;
      return report;
    }
    if (options.progress) options.progress("the truth about " + names[i]);
    evidence.push_back(gather_evidence(subject, i, options));
  }
  add_rounding(subject, evidence, options.seed);
  for (size_t i = 0; i < subject.size(); ++i) {
    const bool wrong = judge_own(subject, i, evidence[i], options).verdict == Verdict::failed;
    if (wrong || !std::isfinite(subject.center())) report.wrong.push_back(names[i]);
  }
  if (!report.wrong.empty()) return report;
  std::set<std::pair<std::string, int>> seen;
  for (const Site& site : sites_of(subject.replay())) {
    const std::string op(site.op->name());
    if (!seen.emplace(op, site.input).second) continue;
    for (const RuleMistake& mistake : rule_mistakes()) {
      if (options.stopped()) {
        report.stopped = true;
        return report;
      }
      if (options.progress) options.progress(mistake.name + " in " + op);
      const auto applied = std::make_shared<bool>(false);
      const auto spoilt = with_mistake(site.op, site.input, noting(mistake, applied));
      const Var y = with_op_exchanged(subject.y(), site.id, spoilt);
      const std::vector<Array> gradient = subject.evaluate(grad(y, subject.xs()));
      if (!*applied) continue;
      PlantedMistake& planted = report.planted.emplace_back();
      planted.op = op;
      planted.input = site.input;
      planted.where = site.where;
      planted.mistake = mistake.name;
      hold(planted, gradient, subject, evidence, options);
    }
  }
  return report;
}

Recording with_planted_mistake(const Recording& f, const std::string& mistake,
                               std::span<const Array> points, std::span<const std::string> names,
                               std::string& planted) {
  require_points(points, names);
  const NamedMistake named = named_mistake(mistake);
  Context context;
  Subject subject(f, points, names, 1, 1, context);
  std::vector<Site> sites = sites_of(subject.replay());
  // Not in the contraction with a random cotangent, which comes after f.
  Tape alone;
  std::vector<Var> xs;
  for (size_t i = 0; i < points.size(); ++i) {
    xs.push_back(alone.placeholder(points[i].type(), names[i]));
  }
  const Index end = f(alone, xs).id();
  std::erase_if(sites, [end](const Site& site) { return site.id > end; });
  // The weights of a layer are the second input of its product: where people look first.
  std::ranges::stable_sort(sites, std::greater<>{}, &Site::input);
  const auto asked = [&](const Site& site) { return !named.input || *named.input == site.input; };
  if (std::ranges::none_of(sites, asked)) {
    throw Error("no rule here is for input " + std::to_string(*named.input));
  }
  for (const Site& site : sites) {
    if (!asked(site)) continue;
    const auto applied = std::make_shared<bool>(false);
    const auto spoilt = with_mistake(site.op, site.input, noting(named.mistake, applied));
    const std::vector<Array> gradient =
        subject.evaluate(grad(with_op_exchanged(subject.y(), site.id, spoilt), subject.xs()));
    bool shows = false;
    for (size_t i = 0; i < subject.size(); ++i) {
      shows = shows || differs(gradient[i], subject.gradient()[i], 0.0);
    }
    if (!*applied || !shows) continue;
    planted = named.mistake.meaning + ", in the rule of " + std::string(site.op->name()) +
              " for input " + std::to_string(site.input) +
              (site.where.empty() ? "" : ", layer " + site.where);
    const Index id = site.id;
    const int input = site.input;
    return
        [f, id, input, op = site.op, chosen = named.mistake](Tape& tape, std::span<const Var> xs) {
          const Var y = f(tape, xs);
          // A recording that differs for f32 may have something else in that place.
          const std::shared_ptr<const Op> there = id <= y.id() ? tape.node(id).op : nullptr;
          if (there == nullptr || there->name() != op->name()) return y;
          return with_op_exchanged(y, id, with_mistake(there, input, chosen));
        };
  }
  throw Error("no rule here has room for the mistake \"" + mistake + "\"");
}

}  // namespace autonet
