#pragma once

#include <string>
#include <vector>

#include "exchange/call.h"

namespace autonet::exchange {

/// Why the operators of a graph are not supported, a line for each; empty if all are.
std::vector<std::string> unsupported_operators(const GraphProto& graph);

/// The versions of ONNX's operators that autonet knows.
constexpr int kOldestOpset = 1;
constexpr int kNewestOpset = 28;

/// Records the nodes of a graph on `tape`, adds their outputs to `values`, and returns the graph's
/// outputs. Throws NotSupported or ModelError naming the node.
std::vector<Tensor> record_nodes(Tape& tape, const GraphProto& graph, int opset, Values& values);

/// The initializers of a subgraph as values.
void add_initializers(Tape& tape, const GraphProto& graph, Values& values);

/// "node conv_1 (Conv)", for errors.
std::string node_text(const NodeProto& node);

}  // namespace autonet::exchange
