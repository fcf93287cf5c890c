#pragma once

#include <optional>
#include <span>
#include <vector>

#include "autonet/check/options.h"
#include "autonet/check/report.h"
#include "check/subject.h"
#include "check/tangent.h"

namespace autonet::internal {

/// What is known about y's dependence on one point without its gradient. Gathered once; any claimed
/// gradient can then be compared with it. J is the derivative of y, xbar the gradient.
struct Evidence {
  Array u;                      // a random direction
  Tangent along;                // J u
  std::vector<Index> elements;  // a sample, or all
  std::vector<double> slopes;   // their derivatives

  /// Of the right gradient; measured where it may explain a difference, as that takes time.
  struct Rounding {
    double along = 0.0;    // of <xbar, u> - J u
    double element = 0.0;  // of any element of xbar
    bool cancels = false;  // xbar is a sum that is zero by construction, although its terms are not
  };
  std::optional<Rounding> rounding = {};
};

/// Gathers the evidence for the chosen points. Ends early if the caller asks to stop; points that
/// were not reached are no longer chosen then.
std::vector<Evidence> gather_evidence(Subject& subject, std::vector<bool>& chosen,
                                      const CheckGradOptions& options);

/// Measures the rounding of the gradient of point i, if it has not been measured.
void measure_rounding(Subject& subject, size_t i, Evidence& evidence, std::uint64_t seed);

/// Compares a claimed gradient of point i with the evidence.
TensorCheck judge(Subject& subject, size_t i, Evidence& evidence, const Array& gradient,
                  const CheckGradOptions& options);

/// A tensor of which the evidence relies on rules is not better than what is known about them.
void rely_on(std::span<const RuleCheck> rules, const Evidence& evidence, TensorCheck& tensor);

/// Looks for the value nearest to y of which the cotangent is wrong although all rules are right:
/// then a term of the sum over its uses is lost. Names the value and the calls that use it.
ClaimCheck find_lost_term(Subject& subject, std::uint64_t seed);

}  // namespace autonet::internal
