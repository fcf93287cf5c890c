#pragma once

#include <cstdint>

#include "autonet/autograd/var.h"
#include "exchange/onnx_proto.h"

namespace autonet::exchange {

/// "float", "int64": as in ONNX.
const char* name_of(Element type);
/// True if arrays of this type can be computed with.
bool is_supported(Element type);
/// f32 for float and smaller floating-point numbers; f64 for all others.
DType dtype_of(Element type);
/// True for signed and unsigned whole numbers; false for bool.
bool is_whole(Element type);
/// True for floating-point numbers.
bool is_real(Element type);
/// Bits of one number in a file.
int bits_of(Element type);

/// The smallest and the largest number of a type of whole numbers of at most 32 bits.
struct Limits {
  double low;
  double high;
};
Limits limits_of(Element type);

/// The number that these bits are. The type must be supported.
double number_of(std::uint64_t bits, Element type);
/// False for a whole number beyond 2^53, unless it is the smallest or largest of its type.
bool is_exact(std::uint64_t bits, Element type);

/// x with each number as the type can hold it: whole numbers modulo 2^bits, others rounded to the
/// nearest. Beyond the largest number of a type of 8 bits or fewer, `saturate` gives that, else
/// infinity or NaN. x must hold whole numbers where the type is whole. Returns x itself for float,
/// double, bool, and 64-bit numbers.
Var wrapped(Var x, Element type, bool saturate = true);

}  // namespace autonet::exchange
