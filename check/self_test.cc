#include "check/self_test.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <utility>

#include "autograd/error.h"
#include "autograd/grad.h"
#include "check/evidence.h"
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

/// The largest change of any element, relative to the array's length.
double change(const Array& a, const Array& b) {
  const std::vector<double> p = a.to_vector();
  const std::vector<double> q = b.to_vector();
  double largest = 0.0;
  for (size_t k = 0; k < p.size(); ++k) largest = std::max(largest, std::abs(p[k] - q[k]));
  const double size = std::max(norm(a), norm(b));
  return size == 0.0 ? 0.0 : largest / size;
}

}  // namespace

bool SelfTestReport::passed() const {
  using Outcome = PlantedMistake::Outcome;
  const auto count = [&](Outcome outcome) {
    return std::ranges::count_if(planted, [&](const auto& p) { return p.outcome == outcome; });
  };
  return count(Outcome::caught) > 0 && count(Outcome::missed) == 0;
}

SelfTestReport check_the_check(const Recording& f, std::span<const Array> points,
                               std::span<const std::string> names,
                               const CheckGradOptions& options) {
  require_points(points, names);
  Context own;
  Context& context = options.context == nullptr ? own : *options.context;
  Subject subject(f, points, names, options.seed, 1, context);
  // Gathered once, held against every spoilt gradient. Of the right rules it has the direction
  // alone.
  std::vector<Evidence> evidence;
  for (size_t i = 0; i < subject.size(); ++i) {
    if (options.progress) options.progress("the truth about " + names[i]);
    evidence.push_back(gather_evidence(subject, i, options));
  }
  SelfTestReport report;
  std::set<std::pair<std::string, int>> seen;
  for (const Site& site : sites_of(subject.replay())) {
    const std::string op(site.op->name());
    if (!seen.emplace(op, site.input).second) continue;
    for (const RuleMistake& mistake : rule_mistakes()) {
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
      double largest = 0.0;
      for (size_t i = 0; i < subject.size(); ++i) {
        largest = std::max(largest, change(gradient[i], subject.gradient()[i]));
        const TensorCheck tensor = judge(subject, i, evidence[i], gradient[i], options);
        if (tensor.verdict != Verdict::failed) continue;
        planted.tensors.push_back(names[i]);
        Evidence differences = evidence[i];
        differences.complex_step.reset();
        planted.by_differences =
            planted.by_differences ||
            judge(subject, i, differences, gradient[i], options).verdict == Verdict::failed;
      }
      planted.outcome = !planted.tensors.empty() ? PlantedMistake::Outcome::caught
                        : largest <= 1e-12       ? PlantedMistake::Outcome::no_effect
                                                 : PlantedMistake::Outcome::missed;
    }
  }
  return report;
}

Recording with_planted_mistake(const Recording& f, const std::string& mistake,
                               std::span<const Array> points, std::span<const std::string> names,
                               std::string& planted) {
  require_points(points, names);
  const auto& all = rule_mistakes();
  const size_t at = mistake.find('@');
  const std::string name = mistake.substr(0, at);
  const std::string only = at == std::string::npos ? "" : mistake.substr(at + 1);
  const auto found = std::ranges::find(all, name, &RuleMistake::name);
  if (found == all.end()) {
    std::string known;
    for (const RuleMistake& one : all) known += (known.empty() ? "" : ", ") + one.name;
    throw Error("there is no mistake \"" + name + "\"; there are " + known);
  }
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
  for (const Site& site : sites) {
    if (!only.empty() && only != std::to_string(site.input)) continue;
    const auto applied = std::make_shared<bool>(false);
    const auto spoilt = with_mistake(site.op, site.input, noting(*found, applied));
    const std::vector<Array> gradient =
        subject.evaluate(grad(with_op_exchanged(subject.y(), site.id, spoilt), subject.xs()));
    double largest = 0.0;
    for (size_t i = 0; i < subject.size(); ++i) {
      largest = std::max(largest, change(gradient[i], subject.gradient()[i]));
    }
    if (!*applied || largest <= 1e-12) continue;
    planted = found->meaning + ", in the rule of " + std::string(site.op->name()) + " for input " +
              std::to_string(site.input) + (site.where.empty() ? "" : ", layer " + site.where);
    const Index id = site.id;
    const int input = site.input;
    const RuleMistake chosen = *found;
    return [f, id, input, chosen](Tape& tape, std::span<const Var> xs) {
      const Var y = f(tape, xs);
      return with_op_exchanged(y, id, with_mistake(tape.node(id).op, input, chosen));
    };
  }
  throw Error("no rule here has room for the mistake \"" + mistake + "\"");
}

}  // namespace autonet
