#include "data/npy.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <vector>

#include "autonet/text/concat.h"
#include "data/file_bytes.h"
#include "data/memory_check.h"
#include "data/own_files.h"

namespace autonet::internal {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers are copied as they are");

/// The rest of an npy header after the colon of `key`; empty if the key is missing.
std::string_view header_value(std::string_view header, const std::string& key) {
  const size_t found = header.find("'" + key + "'");
  if (found == std::string_view::npos) return {};
  const size_t colon = header.find(':', found);
  if (colon == std::string_view::npos) return {};
  std::string_view rest = header.substr(colon + 1);
  while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
  return rest;
}

/// Throws DataError about one array of a file.
class Fail {
 public:
  Fail(const std::string& path, const std::string& name) : path_(path), name_(name) {}

  template <typename... Args>
  [[noreturn]] void operator()(const Args&... what) const {
    if (name_.empty()) fail_reading(path_, what...);
    fail_reading(path_, "array \"", name_, "\": ", what...);
  }

 private:
  const std::string& path_;
  const std::string& name_;
};

void read_type(std::string_view header, Npy& npy, const Fail& wrong) {
  const std::string_view value = header_value(header, "descr");
  const size_t close = value.size() > 1 ? value.find('\'', 1) : value.npos;
  const std::string_view descr =
      close == value.npos || close > 8 ? value.substr(0, 8) : value.substr(1, close - 1);
  const bool known = descr.size() == 3 && (descr[0] == '<' || descr[0] == '|' || descr[2] == '1');
  npy.kind = known ? descr[1] : '?';
  npy.width = known ? descr[2] - '0' : 0;
  const bool real = npy.kind == 'f' && (npy.width == 4 || npy.width == 8);
  const bool whole = (npy.kind == 'i' || npy.kind == 'u') &&
                     (npy.width == 1 || npy.width == 2 || npy.width == 4 || npy.width == 8);
  if (!real && !whole && !(npy.kind == 'b' && npy.width == 1)) {
    wrong("numbers must be '<f4' or '<f8', whole numbers or '|b1', got ", short_quote(descr),
          "; save it as array.astype('<f4')");
  }
}

Shape read_shape(std::string_view header, const Fail& wrong) {
  std::string_view shape = header_value(header, "shape");
  std::vector<Index> lengths;
  if (shape.empty() || shape.front() != '(' || shape.find(')') == std::string_view::npos) {
    wrong("its shape cannot be read");
  }
  shape = shape.substr(1, shape.find(')') - 1);
  while (!shape.empty()) {
    if (shape.front() == ' ' || shape.front() == ',') {
      shape.remove_prefix(1);
      continue;
    }
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(shape.data(), shape.data() + shape.size(), value);
    if (error == std::errc::invalid_argument) wrong("its shape cannot be read");
    if (error != std::errc() || value > std::uint64_t{1} << 51) wrong("a length is too large");
    shape.remove_prefix(static_cast<size_t>(end - shape.data()));
    if (lengths.size() == static_cast<size_t>(Shape::kMaxRank)) wrong("it has too many axes");
    lengths.push_back(static_cast<Index>(value));
  }
  try {
    return Shape(lengths);
  } catch (const Error& error) {
    wrong(error.what());
  }
}

template <typename From, typename To>
void convert(const Npy& npy, Array& array) {
  To* to = array.data<To>();
  for (Index i = 0; i < array.size(); ++i) {
    From number;
    std::memcpy(&number, npy.body.data() + static_cast<size_t>(i) * sizeof(From), sizeof(From));
    to[i] = static_cast<To>(number);
  }
}

}  // namespace

Npy parse_npy(std::string_view bytes, const std::string& path, const std::string& name) {
  return parse_npy_start(bytes, bytes.size(), path, name);
}

Npy parse_npy_start(std::string_view bytes, std::uint64_t whole, const std::string& path,
                    const std::string& name) {
  const Fail wrong(path, name);
  if (bytes.size() < 10 || bytes.substr(0, 6) != "\x93NUMPY")
    wrong("it does not begin like an .npy file");
  const int major = static_cast<unsigned char>(bytes[6]);
  if (major < 1 || major > 3) wrong("npy version ", major, " is not known");
  const size_t start = major == 1 ? 10 : 12;
  std::uint64_t length = 0;
  for (size_t i = std::min(start, bytes.size()); i-- > 8;) {
    length = length << 8 | static_cast<unsigned char>(bytes[i]);
  }
  if (bytes.size() < start || length > bytes.size() - start) {
    wrong("the file ends in its header of ", length, " bytes: it is cut short or damaged");
  }
  const std::string_view header = bytes.substr(start, static_cast<size_t>(length));
  Npy npy;
  npy.body = bytes.substr(start + static_cast<size_t>(length));
  read_type(header, npy, wrong);
  npy.column_major = header_value(header, "fortran_order").starts_with("True");
  npy.shape = read_shape(header, wrong);
  const Index size = npy.shape.size();
  const auto width = static_cast<std::uint64_t>(npy.width);
  const std::uint64_t body = whole - start - length;
  if (static_cast<std::uint64_t>(size) > whole ||
      static_cast<std::uint64_t>(size) * width != body) {
    wrong("its shape holds ", size, " numbers of ", width, " bytes, but it has ", body, " bytes");
  }
  return npy;
}

ArrayType type_of(const Npy& npy) {
  const bool f32 = npy.width == 1 || (npy.kind == 'f' && npy.width == 4);
  return {npy.shape, f32 ? DType::f32 : DType::f64};
}

Array to_array(const Npy& npy, const std::string& path) {
  const ArrayType type = type_of(npy);
  check_memory_for(path, "its numbers take", type.bytes());
  std::vector<Index> lengths(npy.shape.lengths().begin(), npy.shape.lengths().end());
  // Column-major numbers are the transposed array in row-major order.
  if (npy.column_major) std::ranges::reverse(lengths);
  Array array = Array::uninitialized({Shape(lengths), type.dtype});
  const bool is_signed = npy.kind == 'i';
  if (npy.kind == 'f') {
    if (!npy.body.empty()) std::memcpy(array.raw(), npy.body.data(), npy.body.size());
  } else if (npy.width == 1) {
    is_signed ? convert<std::int8_t, float>(npy, array) : convert<std::uint8_t, float>(npy, array);
  } else if (npy.width == 2) {
    is_signed ? convert<std::int16_t, double>(npy, array)
              : convert<std::uint16_t, double>(npy, array);
  } else if (npy.width == 4) {
    is_signed ? convert<std::int32_t, double>(npy, array)
              : convert<std::uint32_t, double>(npy, array);
  } else {
    is_signed ? convert<std::int64_t, double>(npy, array)
              : convert<std::uint64_t, double>(npy, array);
  }
  if (!npy.column_major) return array;
  std::vector<int> axes(lengths.size());
  std::iota(axes.rbegin(), axes.rend(), 0);
  return array.permute(axes).contiguous();
}

}  // namespace autonet::internal
