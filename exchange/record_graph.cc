#include "exchange/record_graph.h"

#include <algorithm>
#include <set>

#include "autonet/text/concat.h"

namespace autonet::exchange {
namespace {

/// The most numbers in an array that is computed while the graph is recorded, as shapes are.
constexpr Index kMostKnown = 1 << 16;
/// The most bytes of one recorded value.
constexpr std::size_t kMostBytes = std::size_t{1} << 32;
/// The most entries of a tape, so that loops in loops end.
constexpr Index kMostEntries = 1 << 24;

bool is_small(const Tensor& tensor) {
  if (tensor.items != nullptr || tensor.none) return false;
  return !tensor.var.valid() || (tensor.known.has_data() && tensor.known.size() <= kMostKnown);
}

/// True if the node's outputs follow from known numbers, so that they can be computed now. A
/// subgraph may read other values too.
bool is_known(const NodeProto& node, std::span<const Tensor> inputs) {
  return !inputs.empty() && std::ranges::all_of(inputs, is_small) &&
         std::ranges::all_of(node.attribute, [](const auto& a) { return a.g.empty(); });
}

/// Computes a node whose inputs are known, on a tape of its own: asking the whole tape for values
/// would read all weights each time.
std::vector<Tensor> compute_now(Tape& tape, const NodeProto& node, const Operator& row, int opset,
                                std::span<const Tensor> inputs) {
  Tape own;
  std::vector<Tensor> copies;
  for (const Tensor& input : inputs) {
    copies.push_back(input.var.valid() ? Tensor{own.constant(input.known), input.type, input.known}
                                       : Tensor{});
  }
  const Values none;
  const Call call(own, node, opset, std::move(copies), none);
  std::vector<Tensor> outputs = row.record(call);
  call.check_all_read();
  const auto move_to_tape = [&](Tensor& output) {
    if (!output.var.valid()) return;
    if (output.var.type().bytes() > kMostBytes)
      call.unsupported("an output of ", output.var.shape());
    const Array numbers = output.known.has_data() ? output.known : output.var.value().contiguous();
    output = {tape.constant(numbers), output.type, numbers};
  };
  for (Tensor& output : outputs) {
    move_to_tape(output);
    if (output.items == nullptr) continue;
    Sequence items = *output.items;
    for (Tensor& item : items) move_to_tape(item);
    output.items = std::make_shared<const Sequence>(std::move(items));
  }
  return outputs;
}

std::vector<Tensor> record(Tape& tape, const NodeProto& node, const Operator& row, int opset,
                           std::vector<Tensor> inputs, const Values& values) {
  if (is_known(node, inputs)) return compute_now(tape, node, row, opset, inputs);
  const Call call(tape, node, opset, std::move(inputs), values);
  std::vector<Tensor> outputs = row.record(call);
  call.check_all_read();
  return outputs;
}

bool is_standard(const std::string& domain) {
  return domain.empty() || domain == "ai.onnx";
}

std::string operator_text(const NodeProto& node) {
  return is_standard(node.domain) ? node.op_type : text::concat(node.domain, ".", node.op_type);
}

void record_node(Tape& tape, const NodeProto& node, int opset, Values& values) {
  const Operator* row = find_operator(operator_text(node));
  if (row == nullptr) {
    throw NotSupported(text::concat("operator ", operator_text(node), " is not supported"));
  }
  if (tape.size() > kMostEntries) {
    throw NotSupported(text::concat("a graph of more than ", kMostEntries, " recorded calls"));
  }
  std::vector<Tensor> inputs;
  for (const std::string& name : node.input) {
    if (name.empty()) {
      inputs.emplace_back();
      continue;
    }
    const auto found = values.find(name);
    if (found == values.end()) {
      throw ModelError(text::concat("its input ", name,
                                    " is neither an input of the graph nor an output of an "
                                    "earlier node"));
    }
    inputs.push_back(found->second);
  }
  const Label label(tape, node.name.empty() ? node.op_type : node.name);
  const std::vector<Tensor> outputs = record(tape, node, *row, opset, std::move(inputs), values);
  for (size_t i = 0; i < node.output.size(); ++i) {
    if (node.output[i].empty()) continue;
    if (i >= outputs.size() || !outputs[i].is_value()) {
      throw NotSupported(text::concat("output ", i));
    }
    if (outputs[i].var.valid() && outputs[i].var.type().bytes() > kMostBytes) {
      throw NotSupported(text::concat("an output of ", outputs[i].var.shape(), ", more than ",
                                      kMostBytes, " bytes"));
    }
    values[node.output[i]] = outputs[i];
  }
}

}  // namespace

std::string node_text(const NodeProto& node) {
  std::string name = node.name;
  if (name.empty() && !node.output.empty()) name = node.output[0];
  return text::concat("node ", name, name.empty() ? "" : " ", "(", operator_text(node), ")");
}

namespace {

using Users = std::map<std::string, std::vector<std::string>>;

/// Adds the nodes of a graph and of its subgraphs whose operators are not known.
void add_unsupported(const GraphProto& graph, Users& users) {
  for (const NodeProto& node : graph.node) {
    if (find_operator(operator_text(node)) == nullptr)
      users[operator_text(node)].push_back(node.name);
    for (const AttributeProto& attribute : node.attribute) {
      for (const GraphProto& inner : attribute.g) add_unsupported(inner, users);
    }
  }
}

}  // namespace

std::vector<std::string> unsupported_operators(const GraphProto& graph) {
  Users users;
  add_unsupported(graph, users);
  std::vector<std::string> lines;
  for (const auto& [name, nodes] : users) {
    std::string line =
        text::concat("operator ", name, ", ", nodes.size(), nodes.size() == 1 ? " node" : " nodes");
    if (nodes.size() == 1 && !nodes[0].empty()) line += ": " + nodes[0];
    lines.push_back(line);
  }
  return lines;
}

void add_initializers(Tape& tape, const GraphProto& graph, Values& values) {
  for (const TensorProto& tensor : graph.initializer) {
    const Array array = array_of(tensor, text::concat("initializer ", tensor.name));
    const auto type = static_cast<Element>(tensor.data_type);
    values[tensor.name] = {tape.constant(array), type, is_real(type) ? Array() : array};
  }
}

std::vector<Tensor> record_nodes(Tape& tape, const GraphProto& graph, int opset, Values& values) {
  for (const NodeProto& node : graph.node) {
    try {
      record_node(tape, node, opset, values);
    } catch (const NotSupported& error) {
      throw NotSupported(text::concat(node_text(node), ": not supported: ", error.what()));
    } catch (const Error& error) {
      throw ModelError(text::concat(node_text(node), ": ", error.what()));
    }
  }
  std::vector<Tensor> outputs;
  for (const ValueInfoProto& output : graph.output) {
    const auto found = values.find(output.name);
    if (found == values.end()) {
      throw ModelError(text::concat("the graph's output ", output.name, " is not computed"));
    }
    outputs.push_back(found->second);
  }
  return outputs;
}

}  // namespace autonet::exchange
