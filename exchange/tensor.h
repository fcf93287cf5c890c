#pragma once

#include <memory>
#include <string>
#include <vector>

#include "autonet/autograd/error.h"
#include "autonet/autograd/var.h"
#include "exchange/number_types.h"
#include "exchange/onnx_proto.h"

namespace autonet::exchange {

/// An operator, an attribute or a number type of ONNX that autonet does not compute with.
class NotSupported : public ModelError {
 public:
  using ModelError::ModelError;
};

struct Tensor;

/// A value of ONNX's type sequence: tensors one after another.
using Sequence = std::vector<Tensor>;

/// A value of an ONNX graph: a recorded value, and the number type that the graph gives it. Numbers
/// of type float and smaller ones with a point are in an f32 array, all others in an f64 array:
/// whole numbers up to 2^53 are exact there, and true is 1.
struct Tensor {
  Var var;  // not valid: an optional input that is absent
  Element type = Element::undefined;
  Array known;  // the numbers, if they are a fixed part of the graph or follow from shapes
  std::shared_ptr<const Sequence> items = {};  // of a sequence, which has no `var`
  bool none = false;                           // an optional value without one

  /// True if it is a value of any kind, and not an input that is absent.
  bool is_value() const { return var.valid() || items != nullptr || none; }
};

/// The shape of a tensor. Throws DataError for a negative length, NotSupported for more than six
/// axes, and Error for too many elements.
Shape shape_of(const TensorProto& tensor, const std::string& where);

/// The numbers of a tensor. Throws DataError if their count does not fit its shape, NotSupported if
/// they are in another file, are no numbers, or are whole numbers beyond 2^53 other than the
/// largest and smallest of their type. `where` names the tensor in errors.
Array array_of(const TensorProto& tensor, const std::string& where);

/// A tensor of f32, f64 or int64 numbers with this content.
TensorProto tensor_proto(const std::string& name, const Array& array, Element type);

}  // namespace autonet::exchange
