// The nodes of an ONNX graph one after another, and what became of their outputs.
#include <algorithm>
#include <stdexcept>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "exchange/import_layer.h"
#include "exchange/record_graph.h"

namespace autonet::exchange {
namespace {

const std::map<std::string, ImportNode>& all_nodes() {
  static const std::map<std::string, ImportNode> kAll = [] {
    std::map<std::string, ImportNode> all = dense_nodes();
    all.merge(image_nodes());
    all.merge(arranging_nodes());
    all.merge(elementwise_nodes());
    all.merge(norm_nodes());
    all.merge(sequence_nodes());
    return all;
  }();
  return kAll;
}

/// A batch that is a prime number, so that no other length is taken for it.
constexpr Index kBatch = 7;

/// A name that a layer may have, made of a node's: "/features/0/Conv" is "features.0".
std::string name_from(const NodeProto& node) {
  std::string text = node.name;
  const size_t slash = text.rfind('/');
  const bool ends = slash != text.npos && text.substr(slash + 1).starts_with(node.op_type);
  if (ends) text.resize(slash);
  std::string name;
  for (const char c : text) {
    const bool allowed = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                         (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
    if (allowed) name += c;
    if (!allowed && !name.empty() && name.back() != '.') name += '.';
  }
  const size_t first = name.find_first_not_of(".-");
  name = first == name.npos ? "" : name.substr(first);
  while (name.ends_with('.')) name.pop_back();
  constexpr size_t kLongest = 58;  // leaves room for a number
  if (name.size() > kLongest) name.resize(kLongest);
  return name;
}

}  // namespace

Importer::Importer(const autonet::internal::OnnxParts& parts,
                   const std::vector<Index>& input_lengths, bool channels_first)
    : parts_(parts) {
  const std::vector<Index>& declared = parts.inputs.at(0).lengths;
  batch_ = declared.empty() || declared[0] < 1 ? kBatch : declared[0];
  record(input_lengths);
  count_uses();
  const bool image = input_lengths.size() == 3;
  std::vector<Index> lengths = input_lengths;
  if (image && channels_first) std::rotate(lengths.begin(), lengths.begin() + 1, lengths.end());
  input_ = Shape(lengths);
  const int rank = input_.rank();
  const auto order = image && channels_first ? channels_first_order(rank) : plain_order(rank);
  View input{-1, 0, axes_of(batch_, input_, order)};
  input.sole = false;
  views_[parts.inputs[0].name] = input;
}

void Importer::record(const std::vector<Index>& lengths) {
  const std::string& input = parts_.inputs[0].name;
  for (const auto& [name, tensor] : parts_.constants) {
    values_[name] = {tape_.constant(tensor.known), tensor.type, tensor.known};
    constants_.insert(name);
  }
  for (size_t i = 0; i < parts_.weights.size(); ++i) {
    const OnnxWeight& weight = parts_.weights[i];
    values_[weight.name] = {tape_.constant(weight.array), parts_.weight_types[i], weight.array};
    constants_.insert(weight.name);
  }
  std::vector<Index> all = lengths;
  all.insert(all.begin(), batch_);
  values_[input] = {
      tape_.placeholder({Shape(all), parts_.inputs[0].dtype}, input), parts_.input_types[0], {}};
  (void)record_nodes(tape_, parts_.graph(), parts_.opset, values_);
}

void Importer::count_uses() {
  for (const NodeProto& node : parts_.graph().node) {
    if (is_known(node)) continue;  // such as a shape: it reads no numbers
    for (const std::string& name : node.input) ++uses_[name];
  }
  for (const ValueInfoProto& output : parts_.graph().output) ++uses_[output.name];
}

/// True if the outputs follow from shapes and constants and are small.
bool Importer::is_known(const NodeProto& node) const {
  return std::ranges::all_of(node.output, [&](const std::string& name) {
    const auto found = values_.find(name);
    return name.empty() || (found != values_.end() && found->second.known.has_data());
  });
}

/// Notes why there is no layer for a node.
void Importer::refuse(const NodeProto& node, const std::string& reason) {
  for (const std::string& output : node.output) {
    if (!output.empty())
      reasons_[output] = {position_of(node), text::concat(node_text(node), ": ", reason)};
  }
  stand_in(node);
}

void Importer::make_layer(const NodeProto& node) {
  const auto is_constant = [&](const std::string& name) {
    return name.empty() || constants_.contains(name);
  };
  bool constant = std::ranges::all_of(node.input, is_constant);
  bool unknown = false;
  std::vector<Tensor> inputs;
  for (const std::string& name : node.input) {
    inputs.push_back(name.empty() ? Tensor{} : values_.at(name));
    unknown = unknown || (!is_constant(name) && !views_.contains(name));
  }
  for (const AttributeProto& attribute : node.attribute) {
    if (!attribute.g.empty()) constant = false;  // its graph may read other values
  }
  if (constant || is_known(node)) {
    constants_.insert(node.output.begin(), node.output.end());
    return;
  }
  if (unknown) return;  // because of an earlier node
  try {
    const auto found = all_nodes().find(node.op_type);
    if (found == all_nodes().end()) throw NotSupported("autonet has no such layer");
    found->second(ImportCall(*this, node, std::move(inputs)));
  } catch (const Error& error) {
    refuse(node, error.what());
  } catch (const std::out_of_range&) {  // fewer axes, inputs or outputs than the operator has
    refuse(node, "it has another number of axes, inputs or outputs than autonet expects");
  }
}

/// A layer of unknown type in place of a node without one, so that the nodes behind it are looked
/// at too, and all mistakes named.
void Importer::stand_in(const NodeProto& node) {
  const auto found = node.output.empty() ? values_.end() : values_.find(node.output[0]);
  if (found == values_.end() || !found->second.var.valid()) return;
  const Shape& shape = found->second.var.shape();
  if (shape.rank() < 2 || shape.rank() > 4 || shape[0] != batch_) return;
  const std::vector<int> order =
      shape.rank() == 4 ? channels_first_order(3) : plain_order(shape.rank() - 1);
  std::vector<Index> lengths(order.size());
  for (size_t k = 0; k < order.size(); ++k)
    lengths[static_cast<size_t>(order[k])] = shape[static_cast<int>(k) + 1];
  const Shape output(lengths);
  views_[node.output[0]] = {std::ssize(layers_), 0, axes_of(batch_, output, order)};
  layers_.push_back({.type = "?", .output = output, .node = &node});
}

void Importer::make_layers() {
  for (const NodeProto& node : parts_.graph().node) make_layer(node);
  const std::string& output = parts_.graph().output[0].name;
  const auto found = views_.find(output);
  if (found == views_.end()) throw_mistakes();
  finish(found->second);
  for (const Index i : needed()) {
    ImportedLayer& layer = layers_[static_cast<size_t>(i)];
    if (layer.is_step()) throw_mistakes();
    layer.name = fresh_name(name_from(*layer.node), layer.type);
  }
}

/// The output of the model is that of its last layer, each input's numbers in the layer's order.
void Importer::finish(const View& output) {
  View y = output;
  last_ = y.layer;
  const bool plain = y.offset == 0 && y.length(0) == batch_ &&
                     canonical(joined(y.axes)) == canonical({{y.size(), 1}});
  if (!plain || last_ < 0) {
    reasons_[parts_.graph().output[0].name] = {
        std::ssize(parts_.graph().node),
        last_ < 0 ? "the output: no layer makes it, it is the input"
                  : "the output: its numbers are in another order than those of the last layer"};
    throw_mistakes();
  }
  const ImportedLayer& layer = layers_[static_cast<size_t>(last_)];
  const bool vector = layer.output.rank() == 1 && layer.inputs.size() == 1 && layer.inputs[0] >= 0;
  if (vector && (layer.type == "softmax" || layer.type == "log_softmax")) {
    final_softmax_ = layer.type;
    last_ = layer.inputs[0];
  } else if (layer.output.rank() == 1 &&
             (layer.activation == "softmax" || layer.activation == "log_softmax")) {
    final_softmax_ = layer.activation;
    layers_[static_cast<size_t>(last_)].activation = "";
  }
}

std::vector<Index> Importer::needed() const {
  std::vector<char> used(layers_.size());
  if (last_ >= 0) used[static_cast<size_t>(last_)] = 1;
  for (size_t i = layers_.size(); i-- > 0;) {
    if (used[i] == 0) continue;
    for (const Index input : layers_[i].inputs) {
      if (input >= 0) used[static_cast<size_t>(input)] = 1;
    }
  }
  std::vector<Index> all;
  for (size_t i = 0; i < used.size(); ++i) {
    if (used[i] != 0) all.push_back(static_cast<Index>(i));
  }
  return all;
}

void Importer::throw_mistakes() const {
  // Backwards from the output, so that what it does not need is not named.
  std::map<std::string, const NodeProto*> makers;
  for (const NodeProto& node : parts_.graph().node) {
    for (const std::string& output : node.output) makers[output] = &node;
  }
  std::set<std::string> seen;
  std::vector<std::string> open = {parts_.graph().output[0].name};
  std::set<std::pair<Index, std::string>> wrong;  // in the order of the file
  while (!open.empty()) {
    const std::string name = open.back();
    open.pop_back();
    if (name.empty() || constants_.contains(name) || !seen.insert(name).second) continue;
    if (const auto reason = reasons_.find(name); reason != reasons_.end())
      wrong.insert(reason->second);
    if (const auto maker = makers.find(name); maker != makers.end()) {
      open.insert(open.end(), maker->second->input.begin(), maker->second->input.end());
    }
  }
  for (const Index i : needed()) {
    const ImportedLayer& layer = layers_[static_cast<size_t>(i)];
    if (!layer.is_step() || layer.type == "?") continue;  // that has a reason of its own
    wrong.insert({position_of(*layer.node),
                  text::concat(node_text(*layer.node),
                               ": autonet has this only as a part of another layer")});
  }
  constexpr size_t kMostLines = 40;
  std::string lines;
  size_t count = 0;
  for (const auto& [position, line] : wrong) {
    if (++count <= kMostLines) lines += "\n  " + line;
  }
  if (count > kMostLines) lines += text::concat("\n  and ", count - kMostLines, " more");
  throw ModelError(text::concat(
      parts_.name, " cannot be written as a model of autonet:", lines,
      "\nThe graph can still be run and differentiated as it is: by autonet import FILE --run "
      "INPUTS, or as an OnnxGraph of the library."));
}

Index Importer::position_of(const NodeProto& node) const {
  return &node - parts_.graph().node.data();
}

std::string Importer::fresh_name(const std::string& wanted, const std::string& type) {
  const bool given = !wanted.empty() && names_.insert(wanted).second;
  if (given) return wanted;
  const std::string stem = wanted.empty() ? type : wanted;
  for (Index k = wanted.empty() ? 1 : 2;; ++k) {
    std::string name = text::concat(stem, "_", k);
    if (names_.insert(name).second) return name;
  }
}

Index ImportCall::add(ImportedLayer layer) const {
  if (layer.node == nullptr) layer.node = &node();
  importer_.layers_.push_back(std::move(layer));
  return std::ssize(importer_.layers_) - 1;
}

}  // namespace autonet::exchange
