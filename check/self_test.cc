#include "autonet/check/self_test.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <set>
#include <utility>

#include "autonet/autograd/error.h"
#include "autonet/autograd/grad.h"
#include "autonet/text/concat.h"
#include "check/rounding.h"
#include "check/rule_edits.h"
#include "check/subject.h"
#include "check/tensors.h"
#include "check/vectors.h"

namespace autonet {
namespace {

using internal::Evidence;
using internal::RuleCall;
using internal::RuleMistake;
using internal::Subject;

/// A rule that a computation uses: a call and one of its inputs.
struct Site {
  Index id = 0;
  std::shared_ptr<const Op> op;
  int input = 0;
  std::string where;
};

/// Every use of a rule between the points and y.
std::vector<Site> sites_of(const internal::Replay& replay) {
  std::vector<Site> sites;
  for (const internal::ReplayCall& call : replay.calls()) {
    for (size_t i = 0; i < call.inputs.size(); ++i) {
      if (!call.reached[i]) continue;
      sites.push_back({call.id, call.op, static_cast<int>(i), call.label});
    }
  }
  return sites;
}

/// The gradient with a mistake in the rule at `site`; nothing if the mistake does not apply there.
std::optional<std::vector<Array>> gradient_with(Subject& subject, const Site& site,
                                                const RuleMistake& mistake) {
  bool applied = false;
  const RuleMistake noting{mistake.name, mistake.meaning, [&](const RuleCall& rule) {
                             std::optional<Var> wrong = mistake.record(rule);
                             applied = applied || wrong.has_value();
                             return wrong;
                           }};
  const auto op = internal::with_mistake(site.op, site.input, noting);
  const Var y = internal::with_op_replaced(subject.y(), site.id, op);
  const std::vector<Var> gradient = grad(y, subject.xs());
  if (!applied) return std::nullopt;
  return subject.evaluate(gradient);
}

/// True if an element differs by more than rounding, which is at most `rounding`.
bool differs(const Array& a, const Array& b, double rounding) {
  const double allowed =
      internal::kRoundings * rounding + 1e-12 * std::max(internal::norm(a), internal::norm(b));
  return std::ranges::any_of(internal::moved(a, b, -1.0).to_vector(),
                             [&](double off) { return !(std::abs(off) <= allowed); });
}

/// Compares a wrong gradient with the evidence, as a check of it would.
void judge_planted(PlantedMistake& planted, std::span<const Array> gradient, Subject& subject,
                   std::span<Evidence> evidence, const CheckGradOptions& options) {
  bool any = false;
  bool passes = false;
  for (size_t i = 0; i < subject.size(); ++i) {
    if (!differs(gradient[i], subject.gradient()[i], evidence[i].element_rounding)) continue;
    any = true;
    const TensorCheck tensor = internal::judge(subject, i, evidence[i], gradient[i], options);
    passes = passes || tensor.verdict == Verdict::passed;
    if (tensor.verdict == Verdict::failed) planted.tensors.push_back(tensor.name);
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
  const internal::Computation computation{f, points, names};
  computation.require_points();
  Context own;
  Context& context = options.context == nullptr ? own : *options.context;
  Subject subject(computation, options.seed, 1, context);
  SelfTestReport report;
  // The evidence is the same for every gradient: it comes from forward code alone, in directions
  // that do not depend on a gradient.
  std::vector<bool> all(subject.size(), true);
  std::vector<Evidence> evidence = internal::gather_evidence(subject, all, options);
  report.stopped = options.stopped();
  if (report.stopped) return report;
  for (size_t i = 0; i < subject.size(); ++i) {
    evidence[i].forward_mode.reset();  // it uses the right rules
    const Verdict verdict =
        internal::judge(subject, i, evidence[i], subject.gradient()[i], options).verdict;
    if (verdict == Verdict::failed || !std::isfinite(subject.center())) {
      report.wrong.push_back(names[i]);
    }
  }
  if (!report.wrong.empty()) return report;
  std::set<std::pair<std::string, int>> seen;
  for (const Site& site : sites_of(subject.replay())) {
    const std::string op(site.op->name());
    if (!seen.emplace(op, site.input).second) continue;
    for (const RuleMistake& mistake : internal::rule_mistakes()) {
      report.stopped = options.stopped();
      if (report.stopped) return report;
      options.tell(mistake.name + " in " + op);
      const auto gradient = gradient_with(subject, site, mistake);
      if (!gradient) continue;
      PlantedMistake planted{
          .op = op, .input = site.input, .where = site.where, .mistake = mistake.name};
      judge_planted(planted, *gradient, subject, evidence, options);
      report.planted.push_back(planted);
    }
  }
  return report;
}

Recording with_planted_mistake(const Recording& f, const std::string& mistake,
                               std::span<const Array> points, std::span<const std::string> names,
                               std::string& planted) {
  const internal::Computation computation{f, points, names};
  computation.require_points();
  const internal::NamedMistake named = internal::named_mistake(mistake);
  Context context;
  Subject subject(computation, 1, 1, context);
  std::vector<Site> sites = sites_of(subject.replay());
  // Only in f, not in the contraction with a random cotangent that comes after it.
  Tape alone;
  const Index end = f(alone, computation.placeholders(alone)).id();
  std::erase_if(sites, [end](const Site& site) { return site.id > end; });
  // Rules for weights, the second input of their product, come first.
  std::ranges::stable_sort(sites, std::greater<>{}, &Site::input);
  const auto asked = [&](const Site& site) { return !named.input || *named.input == site.input; };
  if (std::ranges::none_of(sites, asked)) {
    throw Error(text::concat("no rule of this computation is for input ", *named.input));
  }
  for (const Site& site : sites) {
    if (!asked(site)) continue;
    const auto gradient = gradient_with(subject, site, named.mistake);
    if (!gradient) continue;
    bool shows = false;
    for (size_t i = 0; i < subject.size(); ++i) {
      shows = shows || differs((*gradient)[i], subject.gradient()[i], 0.0);
    }
    if (!shows) continue;
    planted =
        text::concat(named.mistake.meaning, "\n  in the rule of ", site.op->name(), " for input ",
                     site.input, site.where.empty() ? "" : ", layer ", site.where);
    return [f, site, chosen = named.mistake](Tape& tape, std::span<const Var> xs) {
      const Var y = f(tape, xs);
      // The recording for f32 may have another op in that place.
      const std::shared_ptr<const Op> there = site.id <= y.id() ? tape.node(site.id).op : nullptr;
      if (there == nullptr || there->name() != site.op->name()) return y;
      return internal::with_op_replaced(y, site.id,
                                        internal::with_mistake(there, site.input, chosen));
    };
  }
  throw Error(text::concat("the mistake \"", mistake, "\" fits no rule of this computation"));
}

}  // namespace autonet
