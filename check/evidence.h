#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "autonet/check/options.h"
#include "check/difference.h"
#include "check/subject.h"

namespace autonet::internal {

/// What is known about y's dependence on one point without its gradient. Gathered once; any claimed
/// gradient can then be compared with it. u is a direction, J the derivative of y, xbar the
/// gradient.
struct Evidence {
  Array u;
  std::optional<Var> forward_call;              // J u by forward mode, recorded
  std::optional<double> forward_mode;           // its number
  std::optional<double> complex_step;           // J u by the complex step
  std::string without_complex;                  // the op that has no complex step, if any
  std::optional<Slope> slope;                   // J u by differences
  std::vector<Index> elements;                  // those that were moved one by one
  std::vector<Slope> slopes;                    // their slopes by differences
  std::vector<std::optional<double>> tangents;  // by the complex step, for those on a kink

  // Measured rounding of <xbar, u>, of any element of xbar, and of J u.
  double rounding = 0.0;
  double element_rounding = 0.0;
  double forward_rounding = 0.0;  // these two by add_tangent_rounding
  double complex_rounding = 0.0;
};

/// Gathers the evidence for point i, along a steep_direction.
Evidence gather_evidence(Subject& subject, size_t i, const CheckGradOptions& options);

/// Adds forward mode along the directions gathered, with one recording for all points.
void add_forward_mode(Subject& subject, std::span<Evidence> evidence);

/// Adds how much of each gradient is rounding, with one recording for all points.
void add_rounding(Subject& subject, std::span<Evidence> evidence, std::uint64_t seed);

/// Adds how much of forward mode and of the complex step is rounding. Slow, and needed only where a
/// gradient may be as small as that.
void add_tangent_rounding(Subject& subject, size_t i, Evidence& evidence, std::uint64_t seed);

}  // namespace autonet::internal
