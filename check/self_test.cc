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
#include "check/limits.h"
#include "check/rule_edits.h"
#include "check/rules.h"
#include "check/subject.h"
#include "check/tensors.h"
#include "check/vectors.h"

namespace autonet {
namespace {

using internal::Evidence;
using internal::RuleCall;
using internal::RuleEdit;
using internal::Subject;

/// A rule that a computation uses: a call and one of its inputs.
struct Site {
  internal::ReplayCall call;
  int input = 0;
};

/// Every use of a rule between the points and y.
std::vector<Site> sites_of(const internal::Replay& replay) {
  std::vector<Site> sites;
  for (const internal::ReplayCall& call : replay.calls()) {
    for (size_t i = 0; i < call.inputs.size(); ++i) {
      if (!call.reached[i]) continue;
      sites.push_back({call, static_cast<int>(i)});
    }
  }
  return sites;
}

/// The gradient with a mistake in the rule at `site`; nothing if the mistake does not apply there.
std::optional<std::vector<Array>> gradient_with(Subject& subject, const Site& site,
                                                const RuleEdit& mistake) {
  bool applied = false;
  RuleEdit noting = mistake;
  noting.record = [&](const RuleCall& rule) {
    std::optional<Var> wrong = mistake.record(rule);
    applied = applied || wrong.has_value();
    return wrong;
  };
  const auto op = internal::with_mistake(site.call.op, site.input, noting);
  const Var y = internal::with_op_replaced(subject.y, site.call.id, op);
  const std::vector<Var> gradient = grad(y, subject.xs);
  if (!applied) return std::nullopt;
  return subject.evaluate(gradient);
}

/// True if two gradients differ, if only by rounding.
bool differ(const Array& a, const Array& b) {
  const double off = internal::norm(internal::moved(a, b, -1.0));
  return !(off <= internal::kRuleBound * std::max(internal::norm(a), internal::norm(b)));
}

/// Compares a wrong gradient with the evidence, as a check of it would. If the evidence relies on
/// the rule with the mistake, as its op has no complex step, the rule itself is compared.
void judge_planted(PlantedMistake& planted, const Site& site, const RuleEdit& mistake,
                   std::span<const Array> gradient, Subject& subject, std::span<Evidence> evidence,
                   const CheckGradOptions& options) {
  using Outcome = PlantedMistake::Outcome;
  planted.outcome = Outcome::no_effect;
  for (size_t i = 0; i < subject.size(); ++i) {
    if (!differ(gradient[i], subject.gradient()[i])) continue;
    Verdict verdict = internal::judge(subject, i, evidence[i], gradient[i], options).verdict;
    if (evidence[i].along.rules.contains({planted.op, planted.input})) {
      internal::ReplayCall call = site.call;
      call.op = internal::with_mistake(call.op, site.input, mistake);
      const internal::LocalCall wrong{subject.context, call, site.input};
      const internal::Agreement found = compare_rule(wrong, options, options.seed).agreement;
      verdict = found == internal::Agreement::agrees      ? Verdict::passed
                : found == internal::Agreement::disagrees ? Verdict::failed
                                                          : Verdict::inconclusive;
    }
    if (verdict == Verdict::failed) planted.tensors.push_back(subject.names[i]);
    if (verdict == Verdict::failed || planted.outcome == Outcome::caught) {
      planted.outcome = Outcome::caught;
      continue;
    }
    internal::measure_rounding(subject, i, evidence[i], options.seed);
    const Array off = internal::moved(gradient[i], subject.gradient()[i], -1.0);
    if (internal::norm(off) <= internal::kRoundings * evidence[i].rounding->element) continue;
    if (verdict == Verdict::passed) planted.outcome = Outcome::missed;
    if (planted.outcome == Outcome::no_effect) planted.outcome = Outcome::unseen;
  }
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
  const std::vector<RuleCheck> rules = internal::check_rules(subject, options);
  for (size_t i = 0; i < subject.size(); ++i) {
    TensorCheck tensor = internal::judge(subject, i, evidence[i], subject.gradient()[i], options);
    internal::rely_on(rules, evidence[i], tensor);
    if (tensor.verdict == Verdict::failed || !std::isfinite(subject.center)) {
      report.wrong.push_back(names[i]);
    }
  }
  if (!report.wrong.empty()) return report;
  std::set<std::pair<std::string, int>> seen;
  for (const Site& site : sites_of(*subject.replay)) {
    const std::string op(site.call.op->name());
    if (!seen.emplace(op, site.input).second) continue;
    for (const RuleEdit& mistake : internal::rule_edits()) {
      if (mistake.name.empty()) continue;
      report.stopped = options.stopped();
      if (report.stopped) return report;
      options.tell(mistake.name + " in " + op);
      const auto gradient = gradient_with(subject, site, mistake);
      if (!gradient) continue;
      PlantedMistake planted{
          .op = op, .input = site.input, .where = site.call.label, .mistake = mistake.name};
      judge_planted(planted, site, mistake, *gradient, subject, evidence, options);
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
  std::vector<Site> sites = sites_of(*subject.replay);
  // Only in f, not in the contraction with a random cotangent that comes after it.
  Tape alone;
  const Index end = f(alone, computation.placeholders(alone)).id();
  std::erase_if(sites, [end](const Site& site) { return site.call.id > end; });
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
      shows = shows || differ((*gradient)[i], subject.gradient()[i]);
    }
    if (!shows) continue;
    planted = text::concat(named.mistake.meaning, "\n  in the rule of ", site.call.op->name(),
                           " for input ", site.input, site.call.label.empty() ? "" : ", layer ",
                           site.call.label);
    return [f, id = site.call.id, name = std::string(site.call.op->name()), input = site.input,
            chosen = named.mistake](Tape& tape, std::span<const Var> xs) {
      const Var y = f(tape, xs);
      // The recording for f32 may have another op in that place.
      const std::shared_ptr<const Op> there = id <= y.id() ? tape.node(id).op : nullptr;
      if (there == nullptr || there->name() != name) return y;
      return internal::with_op_replaced(y, id, internal::with_mistake(there, input, chosen));
    };
  }
  throw Error(text::concat("the mistake \"", mistake, "\" fits no rule of this computation"));
}

}  // namespace autonet
