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
  std::optional<double> forward_mode;           // J u by jvp
  std::optional<double> complex_step;           // J u by the complex step
  std::string without_complex;                  // or the op that has none
  std::optional<Slope> slope;                   // J u by differences
  std::vector<Index> elements;                  // those that were moved by themselves
  std::vector<Slope> slopes;                    // and what came of it
  std::vector<std::optional<double>> tangents;  // by the complex step, of those on a kink

  // What rounding does to a gradient by the rules, measured on the right ones.
  double rounding = 0.0;          // of <xbar, u>
  double element_rounding = 0.0;  // of an element of xbar, at the most
};

/// Gathers the evidence for point i. The direction is a random one plus the gradient's own, which
/// makes the slope large, so that a wrong factor shows, while the random part meets every element.
Evidence gather_evidence(Subject& subject, size_t i, const CheckGradOptions& options);

/// Adds what forward mode says along the directions gathered; one recording for all.
void add_forward_mode(Subject& subject, std::span<Evidence> evidence);

/// Adds how much of each gradient is rounding; one recording for all.
void add_rounding(Subject& subject, std::span<Evidence> evidence, std::uint64_t seed);

}  // namespace autonet
