#pragma once

#include <string>
#include <vector>

#include "cli/program_report.h"

namespace autonet {

/// The steps as a graph for Graphviz: parameters and inputs as boxes, forward steps and backward
/// ones in two colours, edges labelled with the shape that flows.
std::string dot_text(const std::string& title, const std::vector<StepReport>& steps);

/// The same as a picture of its own: forward steps down the left side, backward ones up the right,
/// so that a layer stands beside its gradients.
std::string svg_text(const std::string& title, const std::vector<StepReport>& steps);

}  // namespace autonet
