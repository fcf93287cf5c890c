// An ONNX file: its graph, weights and types, and which operators are not supported. The graph is
// not recorded, as a few bytes may rightly ask for gigabytes.
#include "autonet/exchange/onnx_graph.h"
#include "fuzz/fuzz.h"

AUTONET_FUZZ_BYTES(autonet::Error, bytes, {
  const autonet::OnnxGraph graph = autonet::OnnxGraph::parse(bytes, "fuzz.onnx");
  for (const autonet::OnnxValue& value : graph.inputs()) value.str();
  for (const autonet::OnnxValue& value : graph.outputs()) value.str();
  graph.unsupported();
  graph.operators();
})
