#include "check/judge.h"

#include <algorithm>
#include <cmath>

#include "autonet/text/concat.h"
#include "check/comparison.h"
#include "check/diagnosis.h"
#include "check/rounding.h"
#include "check/vectors.h"
#include "text/numbers.h"

namespace autonet::internal {
namespace {

/// Forward mode, the complex step and the gradient take no step, so they may differ by this part of
/// their size and by rounding. Mistakes are far larger.
constexpr double kExactBound = 1e-10;
/// The part of the elements that may be unclear if there is no complex step to cover them all.
constexpr double kMostUnclear = 0.1;

struct Judge {
  const Evidence& evidence;
  const Array& claimed;
  const CheckGradOptions& options;
  TensorCheck& out;
  std::vector<double> gradient = claimed.to_vector();
  bool failed = false;
  bool compared = false;           // something that is not zero was compared
  bool confirmed = false;          // the complex step agrees
  bool hidden = false;             // something was not compared because of rounding
  bool outside = false;            // something was not compared because y was not finite
  bool differences_agree = false;  // along the direction
  std::vector<ElementSample> samples = {};

  void run() {
    if (const auto bad = first_not_finite(claimed)) {
      fail("the gradient by the rules has an infinity or NaN, first at " +
           position_text(*bad, out.shape));
    }
    if (!gradient.empty()) along_direction();
    for (size_t k = 0; k < evidence.elements.size(); ++k) {
      element(evidence.elements[k], evidence.slopes[k], evidence.tangents[k]);
    }
    if (failed) {
      out.verdict = Verdict::failed;
      if (out.diagnosis.empty()) {
        out.diagnosis = diagnose_elements(samples, gradient, out.shape, kByDifferences);
      }
      if (out.diagnosis.empty()) {
        out.diagnosis =
            differences_agree
                ? "differences agree, forward mode or the complex step does not: see the rules"
                : "wrong along a direction, by too little to show in single elements";
      }
    } else if (!compared) {
      out.verdict = Verdict::inconclusive;
      out.diagnosis = why_nothing();
      out.only_zeros = !hidden && !outside && out.kinks == 0 && !out.direction_crossed;
    } else if (!confirmed &&
               kMostUnclear * static_cast<double>(out.checked) < static_cast<double>(out.unclear)) {
      out.verdict = Verdict::inconclusive;
      out.diagnosis = "too many elements could not be compared, and there is no complex step";
    }
  }

  void fail(const std::string& why) {
    failed = true;
    if (out.diagnosis.empty()) out.diagnosis = why;
  }

  std::string why_nothing() const {
    if (out.kinks > 0 || out.direction_crossed) return "everything that is not zero lies on kinks";
    if (outside) return "y is infinite or NaN one step away: its change cannot be measured";
    if (hidden) return "rounding hides every slope: y is too large compared with its changes";
    const bool zero = std::ranges::all_of(gradient, [](double g) { return g == 0.0; });
    if (zero || options.atol == 0.0) return "both sides are zero everywhere: nothing was compared";
    return text::concat("both sides are zero, or below atol (", text::significant(options.atol, 6),
                        "): nothing was compared");
  }

  /// Compares <xbar, u> with a number found without a step. A difference is a mistake, also at
  /// kinks.
  Agreement exactly(double analytic, double other, double rounding, double& error) {
    if (!std::isfinite(other)) {
      fail("forward mode or the complex step gives an infinity or NaN");
      return Agreement::disagrees;
    }
    const double size = std::max(norm(claimed) * norm(evidence.u), std::abs(other));
    const double uncertainty = kRoundings * (evidence.rounding + rounding) + kNothing;
    const Agreement agreement =
        compare(analytic, other, size, Tolerance::of(kExactBound * size), Doubt::of(uncertainty));
    error = size <= uncertainty ? 0.0 : std::abs(analytic - other) / size;
    if (agreement == Agreement::disagrees) failed = true;
    return agreement;
  }

  void along_direction() {
    const double analytic = inner_product(evidence.u, claimed);
    if (evidence.forward_mode) {
      exactly(analytic, *evidence.forward_mode, evidence.forward_rounding, out.adjoint_error);
    }
    confirmed = evidence.complex_step &&
                exactly(analytic, *evidence.complex_step, evidence.complex_rounding,
                        out.complex_error) == Agreement::agrees;
    if (!evidence.slope) return;
    const Slope& slope = *evidence.slope;
    out.direction_step = slope.step;
    if (slope.outside) {
      outside = true;
      compared = compared || confirmed;
      return;
    }
    const double size = std::max(std::abs(analytic), std::abs(slope.value));
    if (size <= options.atol) {
      if (size == 0.0) out.direction_error = 0.0;
      compared = compared || confirmed;
      return;
    }
    const Agreement agreement =
        compare(analytic, slope.value, size, Tolerance::of(size, options.rtol, options.atol),
                slope.doubt(kRoundings * evidence.rounding));
    if (slope.crossed || (agreement != Agreement::agrees && on_kink(slope))) {
      // Of many kinks at once some bend up and some down, so the slope of one piece need not lie
      // between the one-sided slopes. The complex step stays on the piece and was compared above.
      out.direction_crossed = true;
      return;
    }
    if (agreement == Agreement::hidden) {
      hidden = true;
      compared = compared || confirmed;
      return;
    }
    out.direction_error = std::abs(analytic - slope.value) / size;
    compared = true;
    differences_agree = agreement == Agreement::agrees;
    if (agreement == Agreement::disagrees) failed = true;
  }

  void element(Index element, const Slope& slope, const std::optional<double>& tangent) {
    const double analytic = gradient[static_cast<size_t>(element)];
    ++out.checked;
    if (slope.outside) {
      ++out.unclear;
      outside = true;
      return;
    }
    const double size = std::max(std::abs(analytic), std::abs(slope.value));
    const bool flat =
        !slope.crossed || std::max(std::abs(slope.left), std::abs(slope.right)) <= options.atol;
    if (size <= options.atol && flat) {
      ++out.zeros;
      return;
    }
    const Tolerance tolerance = Tolerance::of(size, options.rtol, options.atol);
    const Agreement agreement = compare(analytic, slope.value, size, tolerance,
                                        slope.doubt(kRoundings * evidence.element_rounding));
    const bool kink = slope.crossed || (agreement != Agreement::agrees && on_kink(slope));
    // The slope of the piece on which the point lies is right even where several kinks meet.
    const bool of_piece = tangent && std::abs(analytic - *tangent) <=
                                         options.atol + 1e-8 * std::max(size, std::abs(*tangent));
    const bool between = !is_jump(slope) && is_subgradient(slope, analytic, tolerance.loose);
    if (kink && (of_piece || between)) {
      ++out.kinks;
      out.kink_position = position_of(element, out.shape);
      out.kink_left = slope.left;
      out.kink_right = slope.right;
      return;
    }
    // Without a tangent the pieces cannot be told apart where several kinks meet. A rule that is
    // wrong on its own kink is found by check_rules.
    if ((kink && !tangent) || (!kink && agreement == Agreement::hidden)) {
      ++out.unclear;
      hidden = true;
      return;
    }
    samples.push_back({element, slope.value});
    note(element, analytic, slope, std::abs(analytic - slope.value), size);
    compared = true;
    if (kink || agreement == Agreement::disagrees) failed = true;
  }

  void note(Index element, double analytic, const Slope& slope, double error, double size) {
    out.worst_absolute = worse(out.worst_absolute, error);
    const bool first = !out.worst_position;
    if (!first && (std::isnan(out.worst_relative) || error / size < out.worst_relative)) return;
    out.worst_relative = error / size;
    out.worst_position = position_of(element, out.shape);
    out.analytic = analytic;
    out.numeric = slope.value;
    out.step = slope.step;
  }
};

}  // namespace

TensorCheck judge(const Subject& subject, size_t i, const Evidence& evidence, const Array& gradient,
                  const CheckGradOptions& options) {
  TensorCheck tensor;
  tensor.name = subject.name(i);
  tensor.shape = subject.start(i).shape();
  tensor.total = subject.start(i).size();
  tensor.without_complex = evidence.without_complex;
  Judge{evidence, gradient, options, tensor}.run();
  return tensor;
}

TensorCheck judge_own(Subject& subject, size_t i, Evidence& evidence,
                      const CheckGradOptions& options) {
  const TensorCheck tensor = judge(subject, i, evidence, subject.gradient()[i], options);
  if (tensor.verdict != Verdict::failed) return tensor;
  add_tangent_rounding(subject, i, evidence, options.seed);
  return judge(subject, i, evidence, subject.gradient()[i], options);
}

}  // namespace autonet::internal
