#pragma once

#include <cstdint>
#include <iosfwd>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "autograd/shape.h"

namespace autonet {

/// passed: everything that was checked agrees, and something that is not zero was checked.
/// inconclusive: nothing disagrees, but all was zero on both sides, lay on kinks or was hidden by
/// rounding.
enum class Verdict { passed, failed, inconclusive };
/// "PASSED", "FAILED" or "INCONCLUSIVE".
const char* name_of(Verdict verdict);

/// What was found of the gradient of one tensor. "Analytic" is what the rules say, "numeric" the
/// change of y. An error that could not be measured is NaN.
struct TensorCheck {
  static constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

  std::string name;
  Shape shape;

  // Along a random direction, all elements at once; errors relative to the larger side.
  double adjoint_error = kNone;    // <xbar, u> against J u by forward mode
  double complex_error = kNone;    // … against the complex step
  std::string without_complex;     // or the op on the way that has none
  double direction_error = kNone;  // … against differences
  double direction_step = 0.0;
  bool direction_crossed = false;  // kinks on every step: not compared

  // Element by element, against differences.
  Index checked = 0;
  Index total = 0;
  Index kinks = 0;    // of the checked, on a kink, where the rule's slope lies between both sides'
  Index zeros = 0;    // of the checked, where both sides were zero
  Index unclear = 0;  // of the checked, not compared: rounding hides the slope, or y has no value
  double worst_absolute = 0.0;                       // |analytic - numeric|
  double worst_relative = 0.0;                       // the same over the larger of both
  std::optional<std::vector<Index>> worst_position;  // of the largest relative error, if any
  double analytic = 0.0;                             // there
  double numeric = 0.0;
  double step = 0.0;                 // of the difference there
  std::vector<Index> kink_position;  // of the last kink met
  double kink_left = 0.0;            // one-sided slopes there
  double kink_right = 0.0;

  Verdict verdict = Verdict::passed;
  bool only_zeros = false;  // inconclusive as both sides were zero, all of them measured
  std::string diagnosis;    // where the numbers allow one
};

/// What was found of one kind of rule: an op's, for one of its inputs, at every call of it.
struct RuleCheck {
  static constexpr int kEvery = -1;

  std::string op;
  int input = 0;  // kEvery where the op takes any number of inputs alike
  Index calls = 0;
  std::string against;  // what it was held against: "the op itself", "complex step", "differences"
  double worst = 0.0;   // relative error
  Verdict verdict = Verdict::passed;
  std::string where;      // the layer of the worst call
  std::string diagnosis;  // in which way it is wrong, or why nothing was compared
};

/// "conv2d, input 1": how reports call a rule.
std::string rule_name(const std::string& op, int input);

/// What was found of one claim about the whole computation.
struct ClaimCheck {
  std::string name;    // "exact", "repeatable", …
  std::string claim;   // in a sentence
  Index compared = 0;  // cases, calls or tensors
  double worst = 0.0;  // in the unit that the claim names
  double bound = 0.0;  // what it may be
  Verdict verdict = Verdict::passed;
  std::string details;  // what failed, or why nothing was compared
};

/// Everything that check_grad found.
struct CheckReport {
  int order = 1;  // 2: of the gradient of <c, gradient>
  std::vector<TensorCheck> tensors;
  std::vector<RuleCheck> rules;
  std::vector<ClaimCheck> claims;
  std::vector<CheckReport> second;  // the report of order 2, if asked for
  bool stopped = false;             // before all was checked, by CheckGradOptions::stop
  Verdict verdict = Verdict::passed;

  bool passed() const { return verdict == Verdict::passed; }
  /// So that a test can say CHECK(check_grad(…)) and print the report where it fails.
  explicit operator bool() const { return passed(); }
};

/// The report as text for people, 100 columns wide: for a terminal or a test's message.
std::string to_text(const CheckReport& report);
std::ostream& operator<<(std::ostream& out, const CheckReport& report);

/// The tests of a report as JUnit XML, which build servers read: a case a tensor, rule and claim,
/// and one for the verdict.
std::string to_junit(const CheckReport& report, const std::string& name);

}  // namespace autonet
