#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "autonet/autograd/tape.h"
#include "autonet/text/concat.h"
#include "exchange/tensor.h"

namespace autonet::exchange {

/// Named values of a graph while it is recorded.
using Values = std::map<std::string, Tensor, std::less<>>;

/// A node of an ONNX graph with the values of its inputs, while it is recorded.
class Call {
 public:
  /// `scope` are the values that its subgraphs see besides their own.
  Call(Tape& tape, const NodeProto& node, int opset, std::vector<Tensor> inputs,
       const Values& scope)
      : tape_(tape), node_(node), opset_(opset), inputs_(std::move(inputs)), scope_(scope) {}

  Tape& tape() const { return tape_; }
  /// The version of ONNX's operators that the graph uses.
  int opset() const { return opset_; }
  const NodeProto& node() const { return node_; }

  size_t inputs() const { return inputs_.size(); }
  /// True if input i is there: inputs at the end may be missing or have an empty name.
  bool has(size_t i) const { return i < inputs_.size() && inputs_[i].var.valid(); }
  /// Input i. Throws DataError if it is absent.
  const Tensor& tensor(size_t i) const;
  /// Input i of any kind: also a sequence, an optional value, or one that is absent.
  const Tensor& value(size_t i) const;
  /// The items of input i, a sequence. Throws ModelError if it is none.
  const Sequence& sequence(size_t i) const;
  Var in(size_t i) const { return tensor(i).var; }
  Element type(size_t i) const { return tensor(i).type; }
  size_t outputs() const { return node_.output.size(); }
  /// True if output i has a name, so that it is wanted.
  bool wants(size_t i) const { return i < outputs() && !node_.output[i].empty(); }

  // Attributes. Those that a recorder does not ask for make the node unsupported, so that none is
  // passed over in silence.

  bool has_attribute(std::string_view name) const { return find(name) != nullptr; }
  Index whole(std::string_view name, Index fallback) const;
  double number(std::string_view name, double fallback) const;
  std::string text(std::string_view name, std::string_view fallback) const;
  std::optional<std::vector<Index>> wholes(std::string_view name) const;
  std::vector<double> numbers(std::string_view name) const;
  std::vector<std::string> texts(std::string_view name) const;
  const TensorProto* tensor_attribute(std::string_view name) const;
  const GraphProto* graph(std::string_view name) const;
  /// Records a subgraph for these values of its inputs and returns its outputs.
  std::vector<Tensor> record_subgraph(const GraphProto& graph,
                                      std::span<const Tensor> inputs) const;
  /// A value of the graph that is recorded already; null if there is none of that name.
  const Tensor* in_scope(std::string_view name) const;
  /// Marks an attribute that changes nothing as read.
  void ignore(std::string_view name) const { (void)find(name); }
  /// Throws NotSupported if an attribute was not read.
  void check_all_read() const;

  /// The numbers of input i, where a shape depends on them. Throws NotSupported if they are not
  /// known while the graph is recorded.
  Array known(size_t i) const;
  /// The same as whole numbers; those beyond 2^48 count as 2^48, larger than any length.
  std::vector<Index> known_wholes(size_t i) const;
  /// A single whole number.
  Index known_whole(size_t i) const;
  /// A list that is an attribute in older versions and input i in newer ones.
  std::optional<std::vector<Index>> wholes(std::string_view attribute, size_t i) const;

  /// A constant of the dtype that arrays of this type have.
  Tensor constant(const Array& array, Element type) const;
  Tensor constant(List<Index> numbers) const;

  /// One output of this type, with each number as the type can hold it.
  std::vector<Tensor> result(Var y, Element type) const;
  /// One output of the type of input 0.
  std::vector<Tensor> result(Var y) const { return result(y, type(0)); }

  /// Throws NotSupported "WHAT".
  template <typename... Args>
  [[noreturn]] void unsupported(const Args&... what) const {
    throw NotSupported(text::concat(what...));
  }
  /// Throws ModelError "WHAT".
  template <typename... Args>
  [[noreturn]] void wrong(const Args&... what) const {
    throw ModelError(text::concat(what...));
  }

 private:
  const AttributeProto* find(std::string_view name) const;

  Tape& tape_;
  const NodeProto& node_;
  int opset_;
  std::vector<Tensor> inputs_;
  const Values& scope_;
  mutable std::set<std::string, std::less<>> read_;  // names of attributes
};

/// An operator of ONNX.
struct Operator {
  std::string_view name;
  /// Records it and returns its outputs, which may be fewer than the node has.
  std::vector<Tensor> (*record)(const Call& call);
};

/// All operators.
const Operator* find_operator(std::string_view name);
/// Their names, sorted.
std::vector<std::string> operator_names();

/// Whole numbers as they are in sizes: those beyond 2^48 count as 2^48.
Index as_length(std::int64_t number);

}  // namespace autonet::exchange
