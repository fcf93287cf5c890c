#include "check/judge.h"

#include <algorithm>
#include <cmath>

#include "check/comparison.h"
#include "check/diagnosis.h"
#include "check/rounding.h"
#include "check/vectors.h"
#include "text/concat.h"
#include "text/numbers.h"

namespace autonet::internal {
namespace {

/// Forward mode, the complex step and the gradient take no step, so they may differ by this part of
/// their size and by rounding. Mistakes are far larger.
constexpr double kExactBound = 1e-10;
/// The part of the elements that may be unclear if there is no complex step to cover them all.
constexpr double kMostUnclear = 0.1;

class Judge {
 public:
  Judge(const Evidence& evidence, const Array& gradient, const CheckGradOptions& options,
        TensorCheck& out)
      : evidence_(evidence),
        claimed_(gradient),
        gradient_(gradient.to_vector()),
        options_(options),
        out_(out) {}

  void run() {
    if (const auto bad = first_not_finite(claimed_)) {
      fail("the gradient by the rules has an infinity or NaN, first at " +
           position_text(*bad, out_.shape));
    }
    if (!gradient_.empty()) along_direction();
    for (size_t k = 0; k < evidence_.elements.size(); ++k) {
      element(evidence_.elements[k], evidence_.slopes[k], evidence_.tangents[k]);
    }
    if (failed_) {
      out_.verdict = Verdict::failed;
      if (out_.diagnosis.empty()) {
        out_.diagnosis = diagnose_elements(samples_, gradient_, out_.shape, kByDifferences);
      }
      if (out_.diagnosis.empty()) {
        out_.diagnosis =
            differences_agree_
                ? "differences agree, forward mode or the complex step does not: see the rules"
                : "wrong along a direction, by too little to show in single elements";
      }
    } else if (!compared_) {
      out_.verdict = Verdict::inconclusive;
      out_.diagnosis = why_nothing();
      out_.only_zeros = !hidden_ && !outside_ && out_.kinks == 0 && !out_.direction_crossed;
    } else if (!confirmed_ && kMostUnclear * static_cast<double>(out_.checked) <
                                  static_cast<double>(out_.unclear)) {
      out_.verdict = Verdict::inconclusive;
      out_.diagnosis = "too many elements could not be compared, and there is no complex step";
    }
  }

 private:
  void fail(const std::string& why) {
    failed_ = true;
    if (out_.diagnosis.empty()) out_.diagnosis = why;
  }

  std::string why_nothing() const {
    if (out_.kinks > 0 || out_.direction_crossed)
      return "everything that is not zero lies on kinks";
    if (outside_) return "y is infinite or NaN one step away: its change cannot be measured";
    if (hidden_) return "rounding hides every slope: y is too large compared with its changes";
    const bool zero = std::ranges::all_of(gradient_, [](double g) { return g == 0.0; });
    if (zero || options_.atol == 0.0) return "both sides are zero everywhere: nothing was compared";
    return text::concat("both sides are zero, or below atol (", text::significant(options_.atol, 6),
                        "): nothing was compared");
  }

  /// Compares <xbar, u> with a number found without a step. A difference is a mistake, also at
  /// kinks.
  Agreement exactly(double analytic, double other, double rounding, double& error) {
    if (!std::isfinite(other)) {
      fail("forward mode or the complex step gives an infinity or NaN");
      return Agreement::disagrees;
    }
    const double size = std::max(norm(claimed_) * norm(evidence_.u), std::abs(other));
    const double uncertainty = kRoundings * (evidence_.rounding + rounding) + kNothing;
    const Agreement agreement =
        compare(analytic, other, size, Tolerance::of(kExactBound * size), Doubt::of(uncertainty));
    error = size <= uncertainty ? 0.0 : std::abs(analytic - other) / size;
    if (agreement == Agreement::disagrees) failed_ = true;
    return agreement;
  }

  void along_direction() {
    const double analytic = inner_product(evidence_.u, claimed_);
    if (evidence_.forward_mode) {
      exactly(analytic, *evidence_.forward_mode, evidence_.forward_rounding, out_.adjoint_error);
    }
    confirmed_ = evidence_.complex_step &&
                 exactly(analytic, *evidence_.complex_step, evidence_.complex_rounding,
                         out_.complex_error) == Agreement::agrees;
    if (!evidence_.slope) return;
    const Slope& slope = *evidence_.slope;
    out_.direction_step = slope.step;
    if (slope.outside) {
      outside_ = true;
      compared_ = compared_ || confirmed_;
      return;
    }
    const double size = std::max(std::abs(analytic), std::abs(slope.value));
    if (size <= options_.atol) {
      if (size == 0.0) out_.direction_error = 0.0;
      compared_ = compared_ || confirmed_;
      return;
    }
    const Agreement agreement =
        compare(analytic, slope.value, size, Tolerance::of(size, options_.rtol, options_.atol),
                slope.doubt(kRoundings * evidence_.rounding));
    if (slope.crossed || (agreement != Agreement::agrees && on_kink(slope))) {
      // Of many kinks at once some bend up and some down, so the slope of one piece need not lie
      // between the one-sided slopes. The complex step stays on the piece and was compared above.
      out_.direction_crossed = true;
      return;
    }
    if (agreement == Agreement::hidden) {
      hidden_ = true;
      compared_ = compared_ || confirmed_;
      return;
    }
    out_.direction_error = std::abs(analytic - slope.value) / size;
    compared_ = true;
    differences_agree_ = agreement == Agreement::agrees;
    if (agreement == Agreement::disagrees) failed_ = true;
  }

  void element(Index element, const Slope& slope, const std::optional<double>& tangent) {
    const double analytic = gradient_[static_cast<size_t>(element)];
    ++out_.checked;
    if (slope.outside) {
      ++out_.unclear;
      outside_ = true;
      return;
    }
    const double size = std::max(std::abs(analytic), std::abs(slope.value));
    const bool flat =
        !slope.crossed || std::max(std::abs(slope.left), std::abs(slope.right)) <= options_.atol;
    if (size <= options_.atol && flat) {
      ++out_.zeros;
      return;
    }
    const Tolerance tolerance = Tolerance::of(size, options_.rtol, options_.atol);
    const Agreement agreement = compare(analytic, slope.value, size, tolerance,
                                        slope.doubt(kRoundings * evidence_.element_rounding));
    const bool kink = slope.crossed || (agreement != Agreement::agrees && on_kink(slope));
    // The slope of the piece on which the point lies is right even where several kinks meet.
    const bool of_piece = tangent && std::abs(analytic - *tangent) <=
                                         options_.atol + 1e-8 * std::max(size, std::abs(*tangent));
    const bool between = !is_jump(slope) && is_subgradient(slope, analytic, tolerance.loose);
    if (kink && (of_piece || between)) {
      ++out_.kinks;
      out_.kink_position = position_of(element, out_.shape);
      out_.kink_left = slope.left;
      out_.kink_right = slope.right;
      return;
    }
    // Without a tangent the pieces cannot be told apart where several kinks meet. A rule that is
    // wrong on its own kink is found by check_rules.
    if ((kink && !tangent) || (!kink && agreement == Agreement::hidden)) {
      ++out_.unclear;
      hidden_ = true;
      return;
    }
    samples_.push_back({element, slope.value});
    note(element, analytic, slope, std::abs(analytic - slope.value), size);
    compared_ = true;
    if (kink || agreement == Agreement::disagrees) failed_ = true;
  }

  void note(Index element, double analytic, const Slope& slope, double error, double size) {
    out_.worst_absolute = worse(out_.worst_absolute, error);
    const bool first = !out_.worst_position;
    if (!first && (std::isnan(out_.worst_relative) || error / size < out_.worst_relative)) return;
    out_.worst_relative = error / size;
    out_.worst_position = position_of(element, out_.shape);
    out_.analytic = analytic;
    out_.numeric = slope.value;
    out_.step = slope.step;
  }

  const Evidence& evidence_;
  const Array& claimed_;
  std::vector<double> gradient_;  // the same, element by element
  const CheckGradOptions& options_;
  TensorCheck& out_;
  bool failed_ = false;
  bool compared_ = false;           // something that is not zero was compared
  bool confirmed_ = false;          // the complex step agrees
  bool hidden_ = false;             // something was not compared because of rounding
  bool outside_ = false;            // something was not compared because y was not finite
  bool differences_agree_ = false;  // along the direction
  std::vector<ElementSample> samples_;
};

}  // namespace

TensorCheck judge(const Subject& subject, size_t i, const Evidence& evidence, const Array& gradient,
                  const CheckGradOptions& options) {
  TensorCheck tensor;
  tensor.name = subject.name(i);
  tensor.shape = subject.start(i).shape();
  tensor.total = subject.start(i).size();
  tensor.without_complex = evidence.without_complex;
  Judge(evidence, gradient, options, tensor).run();
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
