#include "exchange/tensor.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <span>

#include "autonet/text/concat.h"
#include "exchange/step_function.h"

namespace autonet::exchange {
namespace {

/// What there is to know of a number type.
struct TypeInfo {
  Element type;
  const char* name;
  int bytes;
  bool whole;
  bool is_signed;
};

constexpr TypeInfo kTypes[] = {
    {Element::float32, "float", 4, false, true},    {Element::uint8, "uint8", 1, true, false},
    {Element::int8, "int8", 1, true, true},         {Element::uint16, "uint16", 2, true, false},
    {Element::int16, "int16", 2, true, true},       {Element::int32, "int32", 4, true, true},
    {Element::int64, "int64", 8, true, true},       {Element::boolean, "bool", 1, false, false},
    {Element::float16, "float16", 2, false, true},  {Element::float64, "double", 8, false, true},
    {Element::uint32, "uint32", 4, true, false},    {Element::uint64, "uint64", 8, true, false},
    {Element::bfloat16, "bfloat16", 2, false, true}};

const TypeInfo* info_of(Element type) {
  for (const TypeInfo& info : kTypes) {
    if (info.type == type) return &info;
  }
  return nullptr;
}

double from_float16(std::uint64_t bits) {
  const double sign = (bits & 0x8000U) != 0 ? -1.0 : 1.0;
  const int exponent = static_cast<int>(bits >> 10U & 0x1FU);
  const auto fraction = static_cast<double>(bits & 0x3FFU);
  if (exponent == 31) {
    return fraction == 0.0 ? sign * std::numeric_limits<double>::infinity()
                           : std::numeric_limits<double>::quiet_NaN();
  }
  if (exponent == 0) return sign * std::ldexp(fraction, -24);
  return sign * std::ldexp(1024.0 + fraction, exponent - 25);
}

/// x rounded to `digits` binary digits, with exponents down to `lowest` and numbers below `limit`.
double rounded(double x, int digits, int lowest, double limit) {
  if (x == 0.0 || !std::isfinite(x)) return x;
  int exponent = 0;
  (void)std::frexp(x, &exponent);
  const int unit = std::max(exponent, lowest) - digits;
  const double y = std::ldexp(std::nearbyint(std::ldexp(x, -unit)), unit);
  return std::abs(y) >= limit ? std::copysign(std::numeric_limits<double>::infinity(), x) : y;
}

double to_float16(double x) {
  return rounded(x, 11, -13, 65536.0);
}
double to_bfloat16(double x) {
  return rounded(x, 8, -125, std::ldexp(1.0, 128));
}

template <int kBits, bool kSigned>
double modulo(double x) {
  const double range = std::ldexp(1.0, kBits);
  const double low = kSigned ? -range / 2 : 0.0;
  if (x >= low && x < low + range) return x;
  return x - range * std::floor((x - low) / range);
}

/// The number of these bytes, the lowest first.
double number_of(std::span<const char> bytes, const TypeInfo& info, const std::string& where) {
  std::uint64_t bits = 0;
  for (size_t i = bytes.size(); i-- > 0;) bits = bits << 8U | static_cast<unsigned char>(bytes[i]);
  switch (info.type) {
    case Element::float32:
      return std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    case Element::float64:
      return std::bit_cast<double>(bits);
    case Element::float16:
      return from_float16(bits);
    case Element::bfloat16:
      return std::bit_cast<float>(static_cast<std::uint32_t>(bits << 16U));
    case Element::boolean:
      return bits == 0 ? 0.0 : 1.0;
    default:
      break;
  }
  constexpr std::uint64_t kExact = std::uint64_t{1} << 53U;
  double number = static_cast<double>(bits);
  bool exact = bits <= kExact || bits == std::numeric_limits<std::uint64_t>::max();
  if (info.is_signed) {
    const auto shift = static_cast<unsigned>(64 - 8 * info.bytes);
    const std::int64_t whole = std::bit_cast<std::int64_t>(bits << shift) >> shift;
    constexpr auto kLimit = static_cast<std::int64_t>(kExact);
    number = static_cast<double>(whole);
    exact = (whole >= -kLimit && whole <= kLimit) ||
            whole == std::numeric_limits<std::int64_t>::max() ||
            whole == std::numeric_limits<std::int64_t>::min();
  }
  if (!exact) {
    throw NotSupported(
        text::concat(where, " holds whole numbers beyond 2^53, which autonet cannot hold exactly"));
  }
  return number;
}

Shape shape_of(const TensorProto& tensor, const std::string& where) {
  if (tensor.dims.size() > static_cast<size_t>(Shape::kMaxRank)) {
    throw NotSupported(text::concat(where, " has ", tensor.dims.size(), " axes; at most ",
                                    Shape::kMaxRank, " are supported"));
  }
  std::vector<Index> lengths;
  for (const std::int64_t length : tensor.dims) {
    if (length < 0) throw DataError(text::concat(where, ": a length is ", length));
    lengths.push_back(static_cast<Index>(length));
  }
  return Shape(lengths);
}

template <typename Values>
Array from_values(const Shape& shape, DType dtype, const Values& values, double (*number)(double),
                  const std::string& where) {
  if (static_cast<Index>(values.size()) != shape.size()) {
    throw DataError(text::concat(where, " has the shape ", shape, ", which needs ", shape.size(),
                                 " numbers, but there are ", values.size()));
  }
  Array array = Array::uninitialized({shape, dtype});
  for (size_t i = 0; i < values.size(); ++i) {
    const double value =
        number == nullptr ? static_cast<double>(values[i]) : number(static_cast<double>(values[i]));
    if (dtype == DType::f32) {
      array.data<float>()[i] = static_cast<float>(value);
    } else {
      array.data<double>()[i] = value;
    }
  }
  return array;
}

/// The same numbers as bytes, so that one function checks and converts all.
std::string bytes_of(const std::vector<std::int64_t>& values, int width) {
  std::string bytes;
  for (const std::int64_t value : values) {
    for (int i = 0; i < width; ++i)
      bytes += static_cast<char>(
          static_cast<std::uint64_t>(value) >> (8U * static_cast<unsigned>(i)) & 0xFFU);
  }
  return bytes;
}

}  // namespace

const char* name_of(Element type) {
  const TypeInfo* info = info_of(type);
  if (info != nullptr) return info->name;
  switch (type) {
    case Element::string:
      return "string";
    case Element::complex64:
      return "complex64";
    case Element::complex128:
      return "complex128";
    case Element::undefined:
      return "undefined";
    default:
      return "a type of fewer than 16 bits";
  }
}

bool is_supported(Element type) {
  return info_of(type) != nullptr;
}

DType dtype_of(Element type) {
  return type == Element::float32 || type == Element::float16 || type == Element::bfloat16
             ? DType::f32
             : DType::f64;
}

bool is_whole(Element type) {
  const TypeInfo* info = info_of(type);
  return info != nullptr && info->whole;
}

bool is_real(Element type) {
  const TypeInfo* info = info_of(type);
  return info != nullptr && !info->whole && type != Element::boolean;
}

Var wrapped(Var x, Element type) {
  switch (type) {
    case Element::uint8:
      return record_step("to_uint8", modulo<8, false>, x);
    case Element::int8:
      return record_step("to_int8", modulo<8, true>, x);
    case Element::uint16:
      return record_step("to_uint16", modulo<16, false>, x);
    case Element::int16:
      return record_step("to_int16", modulo<16, true>, x);
    case Element::uint32:
      return record_step("to_uint32", modulo<32, false>, x);
    case Element::int32:
      return record_step("to_int32", modulo<32, true>, x);
    case Element::float16:
      return record_step("to_float16", to_float16, x);
    case Element::bfloat16:
      return record_step("to_bfloat16", to_bfloat16, x);
    default:
      return x;
  }
}

Array array_of(const TensorProto& tensor, const std::string& where) {
  if (tensor.data_location != 0) {
    throw NotSupported(text::concat(where, " is in another file, which is not read"));
  }
  const auto type = static_cast<Element>(tensor.data_type);
  const TypeInfo* info = info_of(type);
  if (info == nullptr || tensor.data_type != static_cast<std::int32_t>(tensor.data_type)) {
    throw NotSupported(
        text::concat(where, " has the number type ", name_of(type), " (", tensor.data_type, ")"));
  }
  const Shape shape = shape_of(tensor, where);
  const DType dtype = dtype_of(type);
  if (tensor.raw_data.empty()) {
    if (!tensor.float_data.empty() && type == Element::float32)
      return from_values(shape, dtype, tensor.float_data, nullptr, where);
    if (!tensor.double_data.empty() && type == Element::float64)
      return from_values(shape, dtype, tensor.double_data, nullptr, where);
  }
  std::string converted;
  const std::string* bytes = &tensor.raw_data;
  if (bytes->empty() && shape.size() > 0) {
    const auto& numbers = type == Element::int64                               ? tensor.int64_data
                          : type == Element::uint32 || type == Element::uint64 ? tensor.uint64_data
                                                                               : tensor.int32_data;
    converted = bytes_of(numbers, info->bytes);
    bytes = &converted;
  }
  const auto width = static_cast<size_t>(info->bytes);
  if (bytes->size() % width != 0 || static_cast<Index>(bytes->size() / width) != shape.size()) {
    throw DataError(text::concat(where, " has the shape ", shape, " and the number type ",
                                 info->name, ", which needs ", shape.size(), " times ", width,
                                 " bytes, but there are ", bytes->size()));
  }
  Array array = Array::uninitialized({shape, dtype});
  if (type == Element::float32 && shape.size() > 0 && std::endian::native == std::endian::little) {
    std::memcpy(array.raw(), bytes->data(), bytes->size());
    return array;
  }
  for (Index i = 0; i < shape.size(); ++i) {
    const auto at = static_cast<size_t>(i);
    const double number =
        number_of(std::span<const char>(*bytes).subspan(at * width, width), *info, where);
    if (dtype == DType::f32) {
      array.data<float>()[at] = static_cast<float>(number);
    } else {
      array.data<double>()[at] = number;
    }
  }
  return array;
}

TensorProto tensor_proto(const std::string& name, const Array& array, Element type) {
  TensorProto tensor;
  tensor.name = name;
  tensor.data_type = static_cast<std::int64_t>(type);
  for (const Index length : array.shape().lengths()) tensor.dims.push_back(length);
  for (const double number : array.to_vector()) {
    std::uint64_t bits = 0;
    size_t width = 8;
    if (type == Element::float32) {
      bits = std::bit_cast<std::uint32_t>(static_cast<float>(number));
      width = 4;
    } else if (type == Element::float64) {
      bits = std::bit_cast<std::uint64_t>(number);
    } else {
      // 2^63 stands for the largest int64, which no double equals.
      const std::int64_t whole = number >= 9223372036854775808.0
                                     ? std::numeric_limits<std::int64_t>::max()
                                     : static_cast<std::int64_t>(number);
      bits = static_cast<std::uint64_t>(whole);
    }
    for (size_t i = 0; i < width; ++i) {
      tensor.raw_data += static_cast<char>(bits >> (8 * i) & 0xFFU);
    }
  }
  return tensor;
}

}  // namespace autonet::exchange
