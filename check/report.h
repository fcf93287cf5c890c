#pragma once

#include <iosfwd>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "autonet/autograd/shape.h"

namespace autonet {

/// The outcome of a check.
enum class Verdict {
  passed,       ///< Everything compared agrees, and something that is not zero was compared.
  failed,       ///< A comparison disagrees, or y or its gradient is not finite.
  inconclusive  ///< Nothing disagrees, but all was zero, on kinks or hidden by rounding.
};
/// "PASSED", "FAILED" or "INCONCLUSIVE".
const char* name_of(Verdict verdict);

/// The result for the gradient of one tensor. "Analytic" numbers come from the rules, "numeric"
/// ones from forward code. An error that was not measured is NaN.
struct TensorCheck {
  /// NaN: not measured.
  static constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

  std::string name = {};  ///< Name of the tensor.
  Shape shape = {};       ///< Its shape.

  // Along a random direction u, all elements at once; errors are relative to |xbar| |u|.

  double complex_error = kNone;      ///< <xbar, u> against J u by the complex step.
  std::string without_complex = {};  ///< An op without a complex step: its rule stands for it.
  double difference_error = kNone;   ///< <xbar, u> against differences; check_gradient only.
  double taylor_order = kNone;       ///< Observed order of the remainder; check_gradient only.

  // Element by element, against the same.

  Index checked = 0;            ///< Number of elements checked.
  Index total = 0;              ///< Number of elements of the tensor.
  Index kinks = 0;              ///< Checked elements on a kink, with a slope that is right there.
  Index zeros = 0;              ///< Checked elements of which both numbers were zero.
  Index unclear = 0;            ///< Checked elements that rounding hides.
  double worst_absolute = 0.0;  ///< Largest |analytic - numeric|.
  double worst_relative = 0.0;  ///< Largest error relative to the larger number.
  std::optional<std::vector<Index>> worst_position = {};  ///< Where the relative error is largest.
  double analytic = 0.0;                                  ///< The number by the rules there.
  double numeric = 0.0;                                   ///< The number by forward code there.

  Verdict verdict = Verdict::passed;  ///< The outcome for this tensor.
  bool only_zeros = false;     ///< Inconclusive because everything measured was zero on both sides.
  bool does_nothing = false;   ///< The gradient is zero by construction: its terms cancel.
  std::string diagnosis = {};  ///< What is wrong or why nothing was compared; may be empty.
};

/// The result for one rule: that of an op for one of its inputs, at all its calls.
struct RuleCheck {
  /// The input of a row that stands for all inputs alike.
  static constexpr int kEvery = -1;

  std::string op = {};       ///< Name of the op.
  int input = 0;             ///< Number of the input, or kEvery.
  Index calls = 0;           ///< Number of calls.
  std::string against = {};  ///< The evidence: "whole numbers", "complex step" or "differences".
  double worst = 0.0;        ///< Largest relative error.
  Index kinks = 0;           ///< Elements on a kink, found by differences.
  Verdict verdict = Verdict::passed;  ///< The outcome for this rule.
  std::string where = {};             ///< The layer of the worst call.
  std::string diagnosis = {};         ///< What is wrong, or why nothing was compared.
};

/// The name of a rule in reports: "conv2d, input 1".
std::string rule_name(const std::string& op, int input);

/// The result for one claim about the whole computation.
struct ClaimCheck {
  std::string name = {};              ///< "exact", "repeatable", …
  std::string claim = {};             ///< The claim in a few words.
  Index compared = 0;                 ///< Number of cases, calls or tensors compared.
  double worst = 0.0;                 ///< Largest error, in the unit that the claim names.
  double bound = 0.0;                 ///< Largest error allowed.
  Verdict verdict = Verdict::passed;  ///< The outcome for this claim.
  std::string details = {};           ///< What failed, where it is worst, or why not compared.

  /// Makes the claim inconclusive, unless it is no longer PASSED.
  void not_compared(const std::string& why);
  /// Makes the claim failed, for this reason.
  void fail(const std::string& why);
};

/// The result of check_grad.
struct CheckReport {
  int order = 1;                          ///< 2: the gradient of <c, gradient> was checked.
  std::vector<TensorCheck> tensors = {};  ///< One for each tensor checked.
  std::vector<RuleCheck> rules = {};      ///< One for each rule.
  std::vector<ClaimCheck> claims = {};    ///< One for each claim.
  std::vector<CheckReport> second = {};   ///< The report of order 2, if asked for.
  std::vector<std::string> notes = {};    ///< What to know although nothing is wrong.
  bool stopped = false;                   ///< CheckGradOptions::stop ended the check early.
  Verdict verdict = Verdict::passed;      ///< The outcome of the whole check.

  /// True if the verdict is PASSED.
  bool passed() const { return verdict == Verdict::passed; }
  /// The same, so that a test can say CHECK(check_grad(…)) and prints the report if it fails.
  explicit operator bool() const { return passed(); }
};

/// What is wrong or was not compared, the most telling first; empty if the verdict is PASSED.
std::vector<std::string> findings(const CheckReport& report);
/// The verdict with the first finding, the other findings, the notes, and how much was checked: for
/// a terminal or a test's message, at most 80 columns wide.
std::string to_text(const CheckReport& report);
/// Writes to_text(report).
std::ostream& operator<<(std::ostream& out, const CheckReport& report);

namespace internal {
/// The verdict of a report whose parts are complete.
Verdict verdict_of(const CheckReport& report);
}  // namespace internal

}  // namespace autonet
