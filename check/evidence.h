#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "check/check_grad.h"
#include "check/difference.h"
#include "check/subject.h"

namespace autonet {

/// What is known of y's dependence on one point without asking its gradient. Gathered once; any
/// claimed gradient can then be held against it.
struct Evidence {
  Array u;                                      // a direction
  std::optional<Var> forward_call;              // J u by jvp, recorded
  std::optional<double> forward_mode;           // and its number
  std::optional<double> complex_step;           // J u by the complex step
  std::string without_complex;                  // or the op that has none
  std::optional<Slope> slope;                   // J u by differences
  std::vector<Index> elements;                  // those that were moved by themselves
  std::vector<Slope> slopes;                    // and what came of it
  std::vector<std::optional<double>> tangents;  // by the complex step, of those on a kink

  // What rounding does, measured: to <xbar, u> and, at the most, to an element of xbar; to J u.
  double rounding = 0.0;
  double element_rounding = 0.0;
  double forward_rounding = 0.0;  // these two where they are asked for
  double complex_rounding = 0.0;
};

/// Gathers the evidence for point i, along a steep_direction.
Evidence gather_evidence(Subject& subject, size_t i, const CheckGradOptions& options);

/// Adds what forward mode says along the directions gathered; one recording for all.
void add_forward_mode(Subject& subject, std::span<Evidence> evidence);

/// Adds how much of each gradient is rounding; one recording for all.
void add_rounding(Subject& subject, std::span<Evidence> evidence, std::uint64_t seed);

/// Adds how much of forward mode's and the complex step's answers is rounding. It takes time, and
/// matters only where a gradient is as small as that.
void add_tangent_rounding(Subject& subject, size_t i, Evidence& evidence, std::uint64_t seed);

}  // namespace autonet
