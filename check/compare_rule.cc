#include "check/rules.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "autonet/autograd/random.h"
#include "autonet/text/concat.h"
#include "check/attempt.h"
#include "check/limits.h"
#include "check/vectors.h"
#include "text/numbers.h"

namespace autonet::internal {
namespace {

using text::concat;

struct Comparer {
  RuleComparison run() {
    const bool whole = call.linear() && on_whole_numbers();
    if (whole && !confirm && out.agreement == Agreement::agrees) return out;
    if (const std::optional<Array> tangent = call.exact_tangent(u)) {
      without_step(*tangent, whole);
    } else {
      by_differences();
    }
    if (out.agreement == Agreement::disagrees && out.diagnosis.empty()) {
      out.diagnosis = call.diagnosis(v, xbar, options.seed);
    }
    return out;
  }

  /// Compares <v, op(u)> with <rule(v), u> on small whole numbers, for which both must be the same
  /// number. Returns false if the results are not whole.
  ///
  /// The difference is a polynomial of low degree d in the numbers drawn. If it is not the zero
  /// polynomial, it is zero in one draw with probability at most d / 6, as each number has six
  /// values (J. Schwartz, 1980). With many numbers it is far less.
  bool on_whole_numbers() {
    const auto input = static_cast<size_t>(call.input);
    const int draws = call.y().shape.size() < kSample ? 3 : 1;
    for (int draw = 0; draw < draws; ++draw) {
      ReplayCall drawn = call.call;
      for (size_t k = 0; k < drawn.inputs.size(); ++k) {
        // Labels and choices stay as they are, as other numbers may not be valid ones. The other
        // numbers keep their signs, so that they probably lie in the same domain.
        if (!drawn.op->differentiable(static_cast<int>(k))) continue;
        drawn.inputs[k] = mapped(drawn.inputs[k], [&](double x) {
          return k == input ? whole_number(random) : std::copysign(whole_number(random), x);
        });
      }
      const Array v = whole_numbers(call.y(), random);
      std::optional<Array> xbar;
      const auto error = error_of([&] {
        drawn.output = compute(*drawn.op, drawn.inputs, call.y(), call.context);
        if (all_whole(drawn.output)) xbar = LocalCall{call.context, drawn, call.input}.rule()(v);
      });
      // The numbers left the domain of another input, or the results are not whole (a mean).
      if (error || !xbar) return false;
      const Array& u = drawn.inputs[input];
      const double known = inner_product(v, drawn.output);
      const double claimed = inner_product(*xbar, u);
      const double size = norm(*xbar) * norm(u);
      // Not a mistake: a mean whose sum happened to divide evenly, or a rule that rounds.
      if (!all_whole(*xbar) && std::abs(known - claimed) <= kRuleBound * size) return false;
      out.agreement = known == claimed ? Agreement::agrees : Agreement::disagrees;
      out.error = known == claimed ? 0.0 : std::abs(known - claimed) / std::max(size, 1.0);
      if (out.agreement == Agreement::disagrees) break;
    }
    out.against = "whole numbers";
    return true;
  }

  static bool all_whole(const Array& x) {
    return std::ranges::all_of(x.to_vector(),
                               [](double v) { return std::isfinite(v) && v == std::floor(v); });
  }

  /// <xbar, u> against <v, tangent>.
  void without_step(const Array& tangent, bool whole) {
    const double known = inner_product(v, tangent);
    const double claimed = inner_product(xbar, u);
    const double size = std::max(norm(xbar) * norm(u), std::abs(known));
    double doubt = kNothing;
    Agreement found = compare(claimed, known, size, kRuleBound, doubt);
    if (found == Agreement::disagrees) {
      doubt += kRoundings * rule.rounding(u, options.seed);
      found = compare(claimed, known, size, kRuleBound, doubt);
    }
    if (!whole || found == Agreement::disagrees) {
      out.against = call.linear() ? "the op itself" : "complex step";
      out.error = size <= doubt ? 0.0 : std::abs(claimed - known) / size;
      if (!whole) out.agreement = found;
      if (found == Agreement::hidden) out.diagnosis = "not compared: it is zero";
    }
    if (found == Agreement::disagrees) out.agreement = found;
    const bool differs = out.agreement == Agreement::disagrees && out.error > kAlike;
    if (differs || (confirm && !call.linear() && out.agreement == Agreement::agrees)) {
      confirm_tangent(tangent, differs);
    }
  }

  /// Compares the op's own tangent with differences. If the rule disagrees with it (`differs`) and
  /// differences agree with the rule, that is what is wrong.
  void confirm_tangent(const Array& tangent, bool differs) {
    const Differences differences = call.differences(u);
    const Array part = smooth_part(differences).part;
    const double by_tangent = inner_product(part, tangent);
    const double claimed = differs ? inner_product(rule(part), u) : by_tangent;
    const double size = norm(xbar) * norm(u);
    if (differs && std::abs(claimed - by_tangent) <= kAlike * size) return;  // only on kinks
    const Agreement found = against(differences.along(part.to_vector()), claimed);
    if (differs && found == Agreement::agrees) {
      out.diagnosis =
          concat("differences agree with the rule, so probably the op's ",
                 call.linear() ? "linear_in" : "complex_step", " is wrong for this input");
    }
    if (differs || found != Agreement::disagrees) return;
    out.agreement = Agreement::disagrees;
    out.diagnosis =
        "the rule and the op's complex step agree, but not with what forward() computes";
  }

  /// The numbers of y that have a slope along a direction, as v with zeros for others.
  struct Smooth {
    Array part;
    std::vector<size_t> kinks = {};  // the numbers on kinks
    bool unknown = false;            // some have no slope for another reason
  };
  Smooth smooth_part(const Differences& differences) const {
    std::vector<double> part = v.to_vector();
    Smooth smooth;
    for (size_t k = 0; k < part.size(); ++k) {
      const Slope::Kind kind = differences.empty() ? Slope::Kind::unknown : differences.of(k).kind;
      if (kind != Slope::Kind::smooth) part[k] = 0.0;
      if (kind == Slope::Kind::kink) smooth.kinks.push_back(k);
      smooth.unknown = smooth.unknown || kind == Slope::Kind::unknown;
    }
    smooth.part = Array::from<double>(v.shape(), part);
    return smooth;
  }

  Agreement against(const Slope& slope, double claimed) const {
    if (slope.kind != Slope::Kind::smooth) return Agreement::hidden;
    const double size = std::max(std::abs(claimed), std::abs(slope.value));
    if (size <= options.atol) return Agreement::hidden;
    return compare(claimed, slope.value, size, options.rtol, slope.doubt);
  }

  /// The rule along u and for single elements, of all of which nearly all must be clear.
  void by_differences() {
    out.against = "differences";
    Index agreed = 0;
    Index unclear = 0;
    const auto along = [&](const Array& d) {
      const Differences differences = call.differences(d);
      const auto [part, kinks, unknown] = smooth_part(differences);
      const double claimed = inner_product(rule(part), d);
      const Slope slope = differences.empty() ? Slope{} : differences.along(part.to_vector());
      const Agreement found = against(slope, claimed);
      const bool zero = slope.kind == Slope::Kind::smooth &&
                        std::max({std::abs(claimed), std::abs(slope.value), slope.doubt}) <=
                            std::max(options.atol, kNothing);
      agreed += found == Agreement::agrees ? 1 : 0;
      unclear += unknown || (found == Agreement::hidden && !zero && kinks.empty()) ? 1 : 0;
      out.kinks += kinks.empty() ? 0 : 1;
      const double size = std::max(std::abs(claimed), std::abs(slope.value));
      if (found != Agreement::hidden) {
        out.error = worse(out.error, std::abs(claimed - slope.value) / size);
      }
      if (found == Agreement::disagrees) out.agreement = found;
      if (kinks.size() == 1) kink(differences.of(kinks[0]), kinks[0], d);
    };
    along(u);
    out.kinks = 0;  // of elements
    Random random(options.seed, stream_of("check/samples"));
    const std::vector<Index> sample = drawn(call.x().size(), kSample, random);
    for (const Index at : sample) along(unit_array(call.x().type(), at));
    if (out.agreement == Agreement::disagrees) return;
    if (agreed == 0 && unclear == 0) {
      out.diagnosis = out.kinks > 0 ? "not compared: on kinks" : "not compared: it is zero";
    } else if (agreed == 0 || static_cast<double>(unclear) >
                                  kMostUnclear * static_cast<double>(sample.size() + 1)) {
      out.diagnosis =
          concat("not compared: rounding hides the slope of ", unclear, " of ", sample.size() + 1,
                 " numbers, or y has no value one step away, and there is no complex "
                 "step");
    } else {
      out.agreement = Agreement::agrees;
    }
  }

  /// At a kink of number k of y, the rule's slope must lie between the one-sided slopes.
  void kink(const Slope& slope, size_t k, const Array& d) {
    const Array unit = unit_array(call.y(), static_cast<Index>(k));
    const double claimed = inner_product(rule(unit), d);
    const double size = std::max({std::abs(claimed), std::abs(slope.left), std::abs(slope.right)});
    if (is_subgradient(slope, claimed, options.rtol * size + options.atol + slope.doubt)) return;
    out.agreement = Agreement::disagrees;
    out.diagnosis =
        concat("on a kink of y", position_text(static_cast<Index>(k), call.y().shape), " it gives ",
               text::significant(claimed, 6),
               ", which does not lie between the slopes to the left and right, ",
               text::significant(slope.left, 6), " and ", text::significant(slope.right, 6));
  }

  const LocalCall& call;
  const CheckGradOptions& options;
  std::uint64_t stream;
  bool confirm;
  Array v = normal_array(call.y(), options.seed, stream);
  LocalRule rule = call.rule();
  Array xbar = rule(v);
  Array u = steep_direction(normal_array(call.x().type(), options.seed, stream + 1), xbar);
  Random random{options.seed, stream};
  RuleComparison out = {};
};

}  // namespace

RuleComparison compare_rule(const LocalCall& call, const CheckGradOptions& options,
                            std::uint64_t stream, bool confirm) {
  return Comparer{call, options, stream, confirm}.run();
}

}  // namespace autonet::internal
