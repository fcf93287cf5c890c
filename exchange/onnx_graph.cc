#include "autonet/exchange/onnx_graph.h"

#include <filesystem>
#include <map>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "data/file_bytes.h"
#include "exchange/onnx_parts.h"

namespace autonet {

std::string OnnxValue::str() const {
  if (any_rank) return text::concat("[…] ", type);
  std::vector<std::string> words;
  for (const Index length : lengths) words.push_back(length < 0 ? "?" : text::concat(length));
  return text::concat("[", text::joined(words, ","), "] ", type);
}

OnnxGraph OnnxGraph::load(const std::string& path) {
  constexpr Index kLargest = Index{1} << 31;  // of a file in the format of Protocol Buffers
  const std::string parent = std::filesystem::path(path).parent_path().string();
  return OnnxGraph(std::make_shared<const internal::OnnxParts>(internal::read_onnx(
      internal::read_file(path, kLargest), path, parent.empty() ? "." : parent)));
}

OnnxGraph OnnxGraph::parse(std::string_view bytes, const std::string& name) {
  return OnnxGraph(std::make_shared<const internal::OnnxParts>(internal::read_onnx(bytes, name)));
}

const std::string& OnnxGraph::name() const {
  return parts_->graph().name;
}
Index OnnxGraph::opset() const {
  return parts_->opset;
}
const std::string& OnnxGraph::producer() const {
  return parts_->producer;
}
const std::vector<OnnxValue>& OnnxGraph::inputs() const {
  return parts_->inputs;
}
const std::vector<OnnxValue>& OnnxGraph::outputs() const {
  return parts_->outputs;
}
const std::vector<OnnxWeight>& OnnxGraph::weights() const {
  return parts_->weights;
}

std::vector<std::pair<std::string, Index>> OnnxGraph::operators() const {
  std::map<std::string, Index> counts;
  for (const exchange::NodeProto& node : parts_->graph().node) ++counts[node.op_type];
  return {counts.begin(), counts.end()};
}

std::vector<std::string> OnnxGraph::unsupported() const {
  return exchange::unsupported_operators(parts_->graph());
}

std::vector<Var> OnnxGraph::operator()(Tape& tape, List<Var> inputs) const {
  std::vector<Var> weights;
  for (const OnnxWeight& weight : parts_->weights) weights.push_back(tape.constant(weight.array));
  return (*this)(tape, inputs, weights);
}

std::vector<Var> OnnxGraph::operator()(Tape& tape, List<Var> inputs, List<Var> weights) const {
  std::vector<exchange::Tensor> tensors;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const exchange::Element type =
        i < parts_->input_types.size() ? parts_->input_types[i] : exchange::Element::undefined;
    tensors.push_back({inputs[i], type, {}});
  }
  std::vector<Var> outputs;
  for (const exchange::Tensor& output : internal::record_onnx(*parts_, tape, tensors, weights)) {
    if (!output.var.valid()) throw ModelError("an output of " + parts_->name + " is no array");
    outputs.push_back(output.var);
  }
  return outputs;
}

const internal::OnnxParts& internal::parts_of(const OnnxGraph& graph) {
  return *graph.parts_;
}

std::vector<std::string> onnx_operators() {
  return exchange::operator_names();
}

}  // namespace autonet
