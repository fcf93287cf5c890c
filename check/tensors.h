#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "autonet/check/options.h"
#include "autonet/check/report.h"
#include "check/subject.h"
#include "check/tangent.h"

namespace autonet::internal {

/// What is known about y's dependence on one point without its gradient. Gathered once; any claimed
/// gradient can then be compared with it. u is a random direction, J the derivative of y, xbar the
/// gradient.
struct Evidence {
  Array u;
  Tangent along;                       // J u
  std::optional<double> forward_mode;  // J u by forward mode
  std::vector<Index> elements;         // a sample, or all
  std::vector<Tangent> slopes;         // their derivatives

  double rounding = 0.0;          // measured: of <xbar, u>
  double element_rounding = 0.0;  // of any element of xbar
  bool cancels = false;  // xbar is a sum that is zero by construction, although its terms are not

  // Measured only before a gradient is called wrong, as that takes time.
  std::optional<Var> forward_call = {};
  std::optional<double> tangent_rounding = {};
};

/// Gathers the evidence for the chosen points. Ends early if the caller asks to stop; points that
/// were not reached are no longer chosen then.
std::vector<Evidence> gather_evidence(Subject& subject, std::vector<bool>& chosen,
                                      const CheckGradOptions& options);

/// Compares a claimed gradient of point i with the evidence.
TensorCheck judge(Subject& subject, size_t i, Evidence& evidence, const Array& gradient,
                  const CheckGradOptions& options);

}  // namespace autonet::internal
