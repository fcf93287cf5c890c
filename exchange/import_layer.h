#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "autonet/exchange/from_onnx.h"
#include "exchange/call.h"
#include "exchange/import_view.h"
#include "exchange/onnx_parts.h"

namespace autonet::exchange {

/// A layer of the model that is made of an ONNX graph.
///
/// A type that begins with "@" is no layer of autonet but a step of one that has several nodes in
/// ONNX, such as the scores of an attention. One that the model still needs in the end is a
/// mistake.
struct ImportedLayer {
  std::string type;
  std::vector<Index> inputs = {};  // earlier layers; -1 is the model's input
  Shape output = {};               // without the batch axis
  std::vector<std::pair<std::string, std::string>> keys = {};  // and their values as JSON
  std::vector<Array> parameters = {};
  std::vector<Array> states = {};
  std::string name = {};
  std::string activation = {};
  const NodeProto* node = nullptr;
  bool only_reader = false;  // nothing else reads its input

  // Of a step:
  std::vector<View> views = {};     // what it reads
  double number = 1.0;              // @scale: the factor
  Array constant = {};              // @shift: what is added
  std::vector<Index> margins = {};  // @pad: top, bottom, left, right

  bool is_step() const { return type.starts_with('@') || type == "?"; }
};

/// The layers that are made, and what is known of each value of the graph.
class Importer {
 public:
  /// Records the graph, to learn the shapes, for `batch` inputs of these lengths.
  Importer(const autonet::internal::OnnxParts& parts, const std::vector<Index>& input_lengths,
           bool channels_first);

  /// Makes the layers. Throws ModelError naming everything that cannot be expressed.
  void make_layers();

  const std::vector<ImportedLayer>& layers() const { return layers_; }
  /// The layers that the output needs, in order.
  std::vector<Index> needed() const;
  const Shape& input() const { return input_; }
  /// The number of inputs that the graph was recorded for.
  Index batch() const { return batch_; }
  /// True if the last layer is left out because the loss has it: a softmax or log_softmax.
  const std::string& final_softmax() const { return final_softmax_; }

 private:
  friend class ImportCall;

  void record(const std::vector<Index>& lengths);
  void count_uses();
  bool is_known(const NodeProto& node) const;
  void make_layer(const NodeProto& node);
  void refuse(const NodeProto& node, const std::string& reason);
  void stand_in(const NodeProto& node);
  void finish(const View& output);
  [[noreturn]] void throw_mistakes() const;
  Index position_of(const NodeProto& node) const;
  std::string fresh_name(const std::string& wanted, const std::string& type);

  const autonet::internal::OnnxParts& parts_;
  Tape tape_;
  Values values_;
  std::set<std::string> constants_;
  std::map<std::string, View> views_;
  /// Of values that could not be expressed: the position of the node, and why.
  std::map<std::string, std::pair<Index, std::string>> reasons_;
  std::map<std::pair<Index, std::vector<Index>>, Index> reshaped_;  // layers that laid_out() made
  std::map<std::string, Index> uses_;
  std::vector<ImportedLayer> layers_;
  std::set<std::string> names_ = {"input"};
  Shape input_;
  Index batch_ = 1;
  Index last_ = -1;
  std::string final_softmax_;
};

/// A node while its layer is made. Functions throw NotSupported with the reason if there is no such
/// layer.
class ImportCall : public Call {
 public:
  ImportCall(Importer& importer, const NodeProto& node, std::vector<Tensor> inputs)
      : Call(importer.tape_, node, importer.parts_.opset, std::move(inputs), importer.values_),
        importer_(importer) {}

  Index batch() const { return importer_.batch_; }
  /// True if input i is an arrangement of a layer's output.
  bool is_view(size_t i) const;
  bool is_constant(size_t i) const;
  const View& view(size_t i) const;
  /// The numbers of input i, which must not depend on the model's input.
  Array constant(size_t i) const;
  /// The only number of input i, if it is a constant with one number.
  std::optional<double> single(size_t i) const;
  const Shape& shape(size_t i) const { return tensor(i).var.shape(); }
  /// The shape of output i.
  const Shape& output_shape(size_t i = 0) const;

  ImportedLayer& layer(Index i) const { return importer_.layers_.at(static_cast<size_t>(i)); }
  const std::string& type_of(Index i) const;
  /// The shape of a layer's output, or of the model's input.
  const Shape& output_of(Index i) const;

  /// The layer whose output [N,…] is the value, if ONNX's axis k + 1 is axis order[k] of it. A
  /// layer that gives it another shape is made if need be.
  Index laid_out(const View& view, std::span<const int> order) const;
  bool can_lay_out(const View& view, std::span<const int> order) const;
  /// The same of an image [N,C,H,W].
  Index image(size_t i) const;

  /// Adds a layer and returns its number.
  Index add(ImportedLayer layer) const;
  /// Output 0 is this layer's output, arranged as laid_out() says.
  void give(Index layer, std::span<const int> order) const;
  void give(View view, size_t output = 0) const;
  /// True if a node or the graph's output reads output i.
  bool is_read(size_t i) const;
  void give_image(Index layer) const { give(layer, channels_first_order(3)); }
  /// The view of output 0 from now on in place of a value that only changes each number.
  void give_elementwise(ImportedLayer layer) const;

 private:
  std::optional<Shape> shape_if_laid_out(const View& view, std::span<const int> order) const;
  /// Reorders the weights before a vector so that its numbers lie as laid_out() needs them. The
  /// view that this gives; nothing if it is no such vector.
  std::optional<View> reordered(const View& view, std::span<const int> order) const;

  Importer& importer_;
};

/// How nodes of an operator become a layer.
using ImportNode = void (*)(const ImportCall& c);

// The parts of the table.
std::map<std::string, ImportNode> dense_nodes();
std::map<std::string, ImportNode> image_nodes();
std::map<std::string, ImportNode> arranging_nodes();
std::map<std::string, ImportNode> elementwise_nodes();
std::map<std::string, ImportNode> norm_nodes();
std::map<std::string, ImportNode> sequence_nodes();

/// y = x w + bias of the last axis, with w [F,units]; x is input 0.
void import_linear(const ImportCall& c, const Array& w, const Array& bias);
/// The same for x, the heads' outputs of an attention, if the nodes before are one.
bool import_attention(const ImportCall& c, const Array& w, const Array& bias);
/// y = x_0 x_1 of two values: a step of an attention.
void import_product(const ImportCall& c);
/// gelu written as several nodes, of which this product of two values is the last or the last but
/// one. False if the nodes are something else.
bool import_gelu(const ImportCall& c);
/// The same for x * factor, its last node.
bool import_half_gelu(const ImportCall& c, const View& x, double factor);
/// The sum of a step and a constant: the mask of an attention, or a part of gelu.
void import_shift(const ImportCall& c, size_t view, size_t constant);

// Values as JSON.
std::string json(Index number);
std::string json(double number);
std::string json(bool flag);
/// A number if both are the same, else a list.
std::string json_pair(Index a, Index b);

/// The text of the model.json.
std::string model_text(const Importer& importer, const OnnxImportOptions& options,
                       const std::string& name, const std::vector<std::string>& class_names,
                       bool f64);

}  // namespace autonet::exchange
