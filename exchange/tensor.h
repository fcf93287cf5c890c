#pragma once

#include <string>

#include "autonet/autograd/error.h"
#include "autonet/autograd/var.h"
#include "exchange/onnx_proto.h"

namespace autonet::exchange {

/// An operator, an attribute or a number type of ONNX that autonet does not compute with.
class NotSupported : public ModelError {
 public:
  using ModelError::ModelError;
};

/// A value of an ONNX graph: a recorded value, and the number type that the graph gives it. Numbers
/// of type float, float16 and bfloat16 are in an f32 array, all others in an f64 array: whole
/// numbers up to 2^53 are exact there, and true is 1.
struct Tensor {
  Var var;  // not valid: an optional input that is absent
  Element type = Element::undefined;
  Array known;  // the numbers, if they are a fixed part of the graph or follow from shapes
};

/// "float", "int64": as in ONNX.
const char* name_of(Element type);
/// True if arrays of this type can be computed with.
bool is_supported(Element type);
/// f32 for float, float16 and bfloat16; f64 for all others.
DType dtype_of(Element type);
/// True for signed and unsigned whole numbers; false for bool.
bool is_whole(Element type);
/// True for float, double, float16 and bfloat16.
bool is_real(Element type);

/// x with each number as the type can hold it: whole numbers modulo 2^bits, rounded to the digits
/// of float16 or bfloat16. x must hold whole numbers where the type is whole. Returns x itself for
/// float, double, bool, and 64-bit numbers.
Var wrapped(Var x, Element type);

/// The numbers of a tensor. Throws DataError if their count does not fit its shape, NotSupported if
/// they are in another file, are no numbers, or are whole numbers beyond 2^53 other than the
/// largest and smallest of their type. `where` names the tensor in errors.
Array array_of(const TensorProto& tensor, const std::string& where);

/// A tensor of f32, f64 or int64 numbers with this content.
TensorProto tensor_proto(const std::string& name, const Array& array, Element type);

}  // namespace autonet::exchange
