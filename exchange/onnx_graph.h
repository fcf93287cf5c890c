#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "autonet/autograd/tape.h"

namespace autonet {
class OnnxGraph;
namespace internal {
struct OnnxParts;
const OnnxParts& parts_of(const OnnxGraph& graph);
}  // namespace internal

/// An input or output of an ONNX graph.
struct OnnxValue {
  std::string name;            ///< As in the file.
  std::string type;            ///< The number type: "float", "int64".
  std::vector<Index> lengths;  ///< Of the axes; -1 where any length is allowed.
  bool any_rank = false;       ///< True if the file does not say how many axes there are.
  bool supported = true;       ///< False for a type that is no array of numbers.
  DType dtype = DType::f64;    ///< Of the arrays that hold such numbers.
  /// "[?,3,224,224] float".
  std::string str() const;
};

/// A weight of an ONNX graph: an array of real numbers that is part of the file.
struct OnnxWeight {
  std::string name;  ///< As in the file.
  Array array;       ///< f32, or f64 for ONNX's double.
};

/// A network in an ONNX file, as a function whose calls record autonet's ops on a tape. So it can
/// be differentiated, to any order, with respect to its inputs and weights, and planned into a
/// Program.
///
/// ONNX's layouts are kept: images are [N,C,H,W]. Numbers of ONNX's type float are f32; whole
/// numbers and booleans are in f64 arrays, like ONNX's double; OnnxValue::dtype says which.
///
/// A graph is immutable and cheap to copy: copies share what was read. Several threads may use it,
/// each with its own tape.
class OnnxGraph {
 public:
  /// Reads a file, and the weights that it keeps in other files beside it. Throws DataError if one
  /// cannot be read or is damaged, and ModelError if there is no graph. Operators that are not
  /// supported are no error before the graph is called.
  static OnnxGraph load(const std::string& path);
  /// Reads a file's bytes; `name` is its name in errors.
  static OnnxGraph parse(std::string_view bytes, const std::string& name);

  /// The name of the graph.
  const std::string& name() const;
  /// The version of ONNX's operators that the file uses.
  Index opset() const;
  /// The program that wrote the file, and its version.
  const std::string& producer() const;
  /// The inputs, without those that are weights.
  const std::vector<OnnxValue>& inputs() const;
  /// The outputs.
  const std::vector<OnnxValue>& outputs() const;
  /// The weights, in the order of the file.
  const std::vector<OnnxWeight>& weights() const;
  /// The operators of its nodes with their counts, sorted by name: {"Conv", 3}.
  std::vector<std::pair<std::string, Index>> operators() const;
  /// All that is known not to be supported before the graph is called, a line each: operators with
  /// the nodes that use them. Empty if there is nothing.
  std::vector<std::string> unsupported() const;

  /// Records the graph and returns its outputs. `inputs` are one for each of inputs(), with the
  /// dtype that the class describes; all are on `tape`. Throws ModelError, naming all operators
  /// that are not supported at once or the node whose inputs do not fit, and Error if the inputs do
  /// not fit the graph.
  std::vector<Var> operator()(Tape& tape, List<Var> inputs) const;
  /// The same with other weights, one for each of weights(), to differentiate with respect to them.
  std::vector<Var> operator()(Tape& tape, List<Var> inputs, List<Var> weights) const;

 private:
  friend const internal::OnnxParts& internal::parts_of(const OnnxGraph& graph);
  explicit OnnxGraph(std::shared_ptr<const internal::OnnxParts> parts) : parts_(std::move(parts)) {}

  std::shared_ptr<const internal::OnnxParts> parts_;
};

/// The operators of ONNX that OnnxGraph supports, sorted by name.
std::vector<std::string> onnx_operators();

}  // namespace autonet
