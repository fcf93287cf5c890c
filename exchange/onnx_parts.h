#pragma once

#include <string>
#include <vector>

#include "autonet/exchange/onnx_graph.h"
#include "exchange/record_graph.h"

namespace autonet::internal {

/// What an OnnxGraph holds.
struct OnnxParts {
  exchange::ModelProto model;  // without the numbers of the initializers
  std::string name;            // of the file
  std::string producer;
  int opset = 0;
  std::vector<OnnxValue> inputs;
  std::vector<exchange::Element> input_types;
  std::vector<OnnxValue> outputs;
  std::vector<OnnxWeight> weights;
  std::vector<exchange::Element> weight_types;
  std::vector<std::pair<std::string, exchange::Tensor>> constants;  // `known` only

  const exchange::GraphProto& graph() const { return model.graph[0]; }
};

/// Reads a file's bytes. Numbers that are in other files are read from `folder`; "" if there is
/// none. Throws as OnnxGraph::parse.
OnnxParts read_onnx(std::string_view bytes, const std::string& name,
                    const std::string& folder = "");

/// Throws exchange::NotSupported naming all operators that are not supported, or what else in the
/// file as a whole is not. `sequences`: inputs and outputs may be sequences and optional values.
void check_supported(const OnnxParts& parts, bool sequences = false);

/// Records the graph. `inputs` are one for each of parts.inputs. Throws exchange::NotSupported for
/// operators, attributes and number types that are not supported, and ModelError for nodes whose
/// inputs do not fit.
std::vector<exchange::Tensor> record_onnx(const OnnxParts& parts, Tape& tape,
                                          std::span<const exchange::Tensor> inputs,
                                          std::span<const Var> weights, bool sequences = false);

}  // namespace autonet::internal
