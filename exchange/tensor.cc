#include "exchange/tensor.h"

#include <bit>
#include <cstring>
#include <limits>

#include "autonet/text/concat.h"

namespace autonet::exchange {
namespace {

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

/// Numbers of 2 or 4 bits, of which a byte holds several, as a byte for each.
std::string unpacked(const std::string& packed, int bits, Index count) {
  const Index in_byte = 8 / bits;
  if ((count + in_byte - 1) / in_byte != std::ssize(packed)) return packed;  // refused later
  std::string bytes;
  const auto mask = (1U << static_cast<unsigned>(bits)) - 1U;
  for (Index i = 0; i < count; ++i) {
    const auto byte = static_cast<unsigned char>(packed[static_cast<size_t>(i / in_byte)]);
    bytes += static_cast<char>(byte >> static_cast<unsigned>(i % in_byte * bits) & mask);
  }
  return bytes;
}

}  // namespace

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

Array array_of(const TensorProto& tensor, const std::string& where) {
  if (tensor.data_location != 0) {
    throw NotSupported(text::concat(where, " is in another file, which is not read"));
  }
  const auto type = static_cast<Element>(tensor.data_type);
  if (!is_supported(type) || tensor.data_type != static_cast<std::int32_t>(tensor.data_type)) {
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
  const int width = (bits_of(type) + 7) / 8;
  std::string converted;
  const std::string* bytes = &tensor.raw_data;
  if (bytes->empty() && shape.size() > 0) {
    const bool large = type == Element::uint32 || type == Element::uint64;
    converted = bytes_of(type == Element::int64 ? tensor.int64_data
                         : large                ? tensor.uint64_data
                                                : tensor.int32_data,
                         width);
    bytes = &converted;
  }
  if (bits_of(type) < 8) {
    converted = unpacked(*bytes, bits_of(type), shape.size());
    bytes = &converted;
  }
  if (std::ssize(*bytes) % width != 0 || std::ssize(*bytes) / width != shape.size()) {
    throw DataError(text::concat(where, " has the shape ", shape, " and the number type ",
                                 name_of(type), ", which needs ", shape.size(), " times ", width,
                                 " bytes, but there are ", bytes->size()));
  }
  Array array = Array::uninitialized({shape, dtype});
  if (type == Element::float32 && shape.size() > 0 && std::endian::native == std::endian::little) {
    std::memcpy(array.raw(), bytes->data(), bytes->size());
    return array;
  }
  for (Index i = 0; i < shape.size(); ++i) {
    std::uint64_t bits = 0;
    for (Index k = width; k-- > 0;) {
      bits = bits << 8U | static_cast<unsigned char>((*bytes)[static_cast<size_t>(i * width + k)]);
    }
    if (!is_exact(bits, type)) {
      throw NotSupported(text::concat(
          where, " holds whole numbers beyond 2^53, which autonet cannot hold exactly"));
    }
    const double number = number_of(bits, type);
    if (dtype == DType::f32) {
      array.data<float>()[i] = static_cast<float>(number);
    } else {
      array.data<double>()[i] = number;
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
