#pragma once

#include <string>
#include <vector>

#include "cli/program_report.h"

namespace autonet::cli {

/// The steps as a graph in Graphviz' language. Parameters and inputs are boxes, forward and
/// backward steps are boxes in two colours, and an edge is labelled with the shape of the array it
/// stands for.
std::string dot_text(const std::string& title, const std::vector<StepReport>& steps);

/// The steps as a drawing in SVG: forward steps go down on the left and backward steps go up on the
/// right, so that each layer stands beside its gradients.
std::string svg_text(const std::string& title, const std::vector<StepReport>& steps);

}  // namespace autonet::cli
