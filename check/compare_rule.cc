#include "check/compare_rule.h"

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

class Comparer {
 public:
  Comparer(const LocalCall& call, const CheckGradOptions& options, std::uint64_t stream,
           bool confirm)
      : call_(call),
        options_(options),
        confirm_(confirm),
        v_(normal_array(call.y(), options.seed, stream)),
        rule_(call.rule()),
        xbar_(rule_(v_)),
        u_(steep_direction(normal_array(call.x().type(), options.seed, stream + 1), xbar_)),
        random_(options.seed, stream) {}

  RuleComparison run() {
    const bool whole = call_.linear() && on_whole_numbers();
    if (whole && !confirm_ && out_.agreement == Agreement::agrees) return out_;
    if (const std::optional<Array> tangent = call_.exact_tangent(u_)) {
      without_step(*tangent, whole);
    } else {
      by_differences();
    }
    if (out_.agreement == Agreement::disagrees && out_.diagnosis.empty()) {
      out_.diagnosis = call_.diagnosis(v_, xbar_, options_.seed);
    }
    return out_;
  }

 private:
  /// Compares <v, op(u)> with <rule(v), u> on small whole numbers, for which both must be the same
  /// number. Returns false if the results are not whole.
  ///
  /// The difference is a polynomial of low degree d in the numbers drawn. If it is not the zero
  /// polynomial, it is zero in one draw with probability at most d / 6, as each number has six
  /// values (J. Schwartz, 1980). With many numbers it is far less.
  bool on_whole_numbers() {
    const auto input = static_cast<size_t>(call_.input());
    const int draws = call_.y().shape.size() < kSample ? 3 : 1;
    for (int draw = 0; draw < draws; ++draw) {
      ReplayCall drawn = call_.call();
      for (size_t k = 0; k < drawn.inputs.size(); ++k) {
        // Labels and choices stay as they are, as other numbers may not be valid ones. The other
        // numbers keep their signs, so that they probably lie in the same domain.
        if (!drawn.op->differentiable(static_cast<int>(k))) continue;
        drawn.inputs[k] = mapped(drawn.inputs[k], [&](double x) {
          return k == input ? whole_number(random_) : std::copysign(whole_number(random_), x);
        });
      }
      const Array v = whole_numbers(call_.y(), random_);
      std::optional<Array> xbar;
      const auto error = error_of([&] {
        drawn.output = compute(*drawn.op, drawn.inputs, call_.y(), call_.context());
        if (all_whole(drawn.output)) xbar = LocalCall(call_.context(), drawn, input).rule()(v);
      });
      // The numbers left the domain of another input, or the results are not whole (a mean).
      if (error || !xbar) return false;
      const Array& u = drawn.inputs[input];
      const double known = inner_product(v, drawn.output);
      const double claimed = inner_product(*xbar, u);
      const double size = norm(*xbar) * norm(u);
      // Not a mistake: a mean whose sum happened to divide evenly, or a rule that rounds.
      if (!all_whole(*xbar) && std::abs(known - claimed) <= kRuleBound * size) return false;
      out_.agreement = known == claimed ? Agreement::agrees : Agreement::disagrees;
      out_.error = known == claimed ? 0.0 : std::abs(known - claimed) / std::max(size, 1.0);
      if (out_.agreement == Agreement::disagrees) break;
    }
    out_.against = "whole numbers";
    return true;
  }

  static bool all_whole(const Array& x) {
    return std::ranges::all_of(x.to_vector(),
                               [](double v) { return std::isfinite(v) && v == std::floor(v); });
  }

  /// <xbar, u> against <v, tangent>.
  void without_step(const Array& tangent, bool whole) {
    const double known = inner_product(v_, tangent);
    const double claimed = inner_product(xbar_, u_);
    const double size = std::max(norm(xbar_) * norm(u_), std::abs(known));
    double doubt = kNothing;
    Agreement found = compare(claimed, known, size, kRuleBound, doubt);
    if (found == Agreement::disagrees) {
      doubt += kRoundings * rule_.rounding(u_, options_.seed);
      found = compare(claimed, known, size, kRuleBound, doubt);
    }
    if (!whole || found == Agreement::disagrees) {
      out_.against = call_.linear() ? "the op itself" : "complex step";
      out_.error = size <= doubt ? 0.0 : std::abs(claimed - known) / size;
      if (!whole) out_.agreement = found;
      if (found == Agreement::hidden) out_.diagnosis = "not compared: it is zero";
    }
    if (found == Agreement::disagrees) out_.agreement = found;
    const bool differs = out_.agreement == Agreement::disagrees && out_.error > kAlike;
    if (differs || (confirm_ && !call_.linear() && out_.agreement == Agreement::agrees)) {
      confirm_tangent(tangent, differs);
    }
  }

  /// Compares the op's own tangent with differences. If the rule disagrees with it (`differs`) and
  /// differences agree with the rule, that is what is wrong.
  void confirm_tangent(const Array& tangent, bool differs) {
    const Differences differences = call_.differences(u_);
    const Array part = smooth_part(differences).part;
    const double by_tangent = inner_product(part, tangent);
    const double claimed = differs ? inner_product(rule_(part), u_) : by_tangent;
    const double size = norm(xbar_) * norm(u_);
    if (differs && std::abs(claimed - by_tangent) <= kAlike * size) return;  // only on kinks
    const Agreement found = against(differences.along(part.to_vector()), claimed);
    if (differs && found == Agreement::agrees) {
      out_.diagnosis =
          concat("differences agree with the rule, so probably the op's ",
                 call_.linear() ? "linear_in" : "complex_step", " is wrong for this input");
    }
    if (differs || found != Agreement::disagrees) return;
    out_.agreement = Agreement::disagrees;
    out_.diagnosis =
        "the rule and the op's complex step agree, but not with what forward() computes";
  }

  /// The numbers of y that have a slope along a direction, as v with zeros for others.
  struct Smooth {
    Array part;
    std::vector<size_t> kinks = {};  // the numbers on kinks
    bool unknown = false;            // some have no slope for another reason
  };
  Smooth smooth_part(const Differences& differences) const {
    std::vector<double> part = v_.to_vector();
    Smooth smooth;
    for (size_t k = 0; k < part.size(); ++k) {
      const Slope::Kind kind = differences.empty() ? Slope::Kind::unknown : differences.of(k).kind;
      if (kind != Slope::Kind::smooth) part[k] = 0.0;
      if (kind == Slope::Kind::kink) smooth.kinks.push_back(k);
      smooth.unknown = smooth.unknown || kind == Slope::Kind::unknown;
    }
    smooth.part = Array::from<double>(v_.shape(), part);
    return smooth;
  }

  Agreement against(const Slope& slope, double claimed) const {
    if (slope.kind != Slope::Kind::smooth) return Agreement::hidden;
    const double size = std::max(std::abs(claimed), std::abs(slope.value));
    if (size <= options_.atol) return Agreement::hidden;
    return compare(claimed, slope.value, size, options_.rtol, slope.doubt);
  }

  /// The rule along u and for single elements, of all of which nearly all must be clear.
  void by_differences() {
    out_.against = "differences";
    Index agreed = 0;
    Index unclear = 0;
    const auto along = [&](const Array& d) {
      const Differences differences = call_.differences(d);
      const auto [part, kinks, unknown] = smooth_part(differences);
      const double claimed = inner_product(rule_(part), d);
      const Slope slope = differences.empty() ? Slope{} : differences.along(part.to_vector());
      const Agreement found = against(slope, claimed);
      const bool zero = slope.kind == Slope::Kind::smooth &&
                        std::max({std::abs(claimed), std::abs(slope.value), slope.doubt}) <=
                            std::max(options_.atol, kNothing);
      agreed += found == Agreement::agrees ? 1 : 0;
      unclear += unknown || (found == Agreement::hidden && !zero && kinks.empty()) ? 1 : 0;
      out_.kinks += kinks.empty() ? 0 : 1;
      const double size = std::max(std::abs(claimed), std::abs(slope.value));
      if (found != Agreement::hidden) {
        out_.error = worse(out_.error, std::abs(claimed - slope.value) / size);
      }
      if (found == Agreement::disagrees) out_.agreement = found;
      if (kinks.size() == 1) kink(differences.of(kinks[0]), kinks[0], d);
    };
    along(u_);
    out_.kinks = 0;  // of elements
    Random random(options_.seed, stream_of("check/samples"));
    const std::vector<Index> sample = drawn(call_.x().size(), kSample, random);
    for (const Index at : sample) along(unit_array(call_.x().type(), at));
    if (out_.agreement == Agreement::disagrees) return;
    if (agreed == 0 && unclear == 0) {
      out_.diagnosis = out_.kinks > 0 ? "not compared: on kinks" : "not compared: it is zero";
    } else if (agreed == 0 || static_cast<double>(unclear) >
                                  kMostUnclear * static_cast<double>(sample.size() + 1)) {
      out_.diagnosis =
          concat("not compared: rounding hides the slope of ", unclear, " of ", sample.size() + 1,
                 " numbers, or y has no value one step away, and there is no complex "
                 "step");
    } else {
      out_.agreement = Agreement::agrees;
    }
  }

  /// At a kink of number k of y, the rule's slope must lie between the one-sided slopes.
  void kink(const Slope& slope, size_t k, const Array& d) {
    const Array unit = unit_array(call_.y(), static_cast<Index>(k));
    const double claimed = inner_product(rule_(unit), d);
    const double size = std::max({std::abs(claimed), std::abs(slope.left), std::abs(slope.right)});
    if (is_subgradient(slope, claimed, options_.rtol * size + options_.atol + slope.doubt)) return;
    out_.agreement = Agreement::disagrees;
    out_.diagnosis =
        concat("on a kink of y", position_text(static_cast<Index>(k), call_.y().shape),
               " it gives ", text::significant(claimed, 6),
               ", which does not lie between the slopes to the left and right, ",
               text::significant(slope.left, 6), " and ", text::significant(slope.right, 6));
  }

  const LocalCall& call_;
  const CheckGradOptions& options_;
  bool confirm_;
  Array v_;
  LocalRule rule_;
  Array xbar_;
  Array u_;
  Random random_;
  RuleComparison out_ = {};
};

}  // namespace

RuleComparison compare_rule(const LocalCall& call, const CheckGradOptions& options,
                            std::uint64_t stream, bool confirm) {
  return Comparer(call, options, stream, confirm).run();
}

}  // namespace autonet::internal
