#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "data/memory_check.h"
#include "train/array_formats.h"
#include "train/checksum.h"

// Source: the format's description in huggingface/safetensors: eight bytes N, a header of N bytes
// of JSON, then the numbers; offsets count from the end of the header, without holes or overlaps.

namespace autonet::internal {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t kLargestHeader = std::uint64_t{100} << 20;
constexpr const char* kChecksum = "autonet_crc32";

/// How the numbers of an array are stored.
struct Stored {
  const char* name;
  std::size_t bytes;
};
constexpr Stored kStored[] = {{"F64", 8}, {"F32", 4}, {"F16", 2}, {"BF16", 2}, {"I64", 8},
                              {"I32", 4}, {"I16", 2}, {"I8", 1},  {"U8", 1},   {"BOOL", 1}};

struct Placed {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::string name;
  ArrayType type;          // f32 for the shorter types, which it holds exactly
  std::string_view dtype;  // as stored
};

/// Whole numbers and truth values are counters and masks, never weights.
bool is_real(std::string_view dtype) {
  return dtype.ends_with("F64") || dtype.ends_with("F32") || dtype.ends_with("F16");
}

/// The number that the 16 bits of an F16 or BF16 stand for.
float widened(std::uint16_t bits, bool brain) {
  if (brain) return std::bit_cast<float>(std::uint32_t{bits} << 16);
  const int exponent = bits >> 10 & 31;
  const int fraction = bits & 1023;
  const float sign = (bits & 0x8000) != 0 ? -1.0F : 1.0F;
  if (exponent == 31) {
    return sign * (fraction == 0 ? std::numeric_limits<float>::infinity()
                                 : std::numeric_limits<float>::quiet_NaN());
  }
  return sign * (exponent == 0 ? std::ldexp(static_cast<float>(fraction), -24)
                               : std::ldexp(static_cast<float>(1024 + fraction), exponent - 25));
}

/// The numbers of an array, as they are stored in `bytes`.
Array numbers_of(const Placed& placed, std::string_view bytes) {
  Array array = Array::uninitialized(placed.type);
  if (bytes.empty()) return array;
  if (placed.dtype != "F16" && placed.dtype != "BF16") {
    std::memcpy(array.raw(), bytes.data(), bytes.size());
    return array;
  }
  for (Index i = 0; i < array.size(); ++i) {
    std::uint16_t bits = 0;
    std::memcpy(&bits, bytes.data() + 2 * i, 2);
    array.data<float>()[i] = widened(bits, placed.dtype == "BF16");
  }
  return array;
}

using Texts = std::vector<std::pair<std::string, std::string>>;

/// The checksum of what a file says. It does not depend on how the header is written.
std::string checksum_of(std::vector<Placed> arrays, Texts texts, std::string_view body) {
  std::ranges::sort(arrays, {}, &Placed::name);
  std::ranges::sort(texts);
  Checksum sum;
  for (const Placed& array : arrays) {
    sum.add(text::concat(array.name, "\n", array.dtype, array.type.shape, "\n"));
    sum.add(body.substr(static_cast<size_t>(array.begin),
                        static_cast<size_t>(array.end - array.begin)));
  }
  for (const auto& [key, text] : texts) {
    if (key != kChecksum) sum.add(text::concat(key, "\n", text.size(), "\n", text));
  }
  return sum.text();
}

}  // namespace

std::string to_safetensors(const ArrayFile& content) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  for (const auto& [key, text] : content.texts) header["__metadata__"][key] = text;
  header["__metadata__"][kChecksum] = "";
  std::string body;
  std::vector<Placed> placed;
  for (const NamedArray& named : content.arrays) {
    const Array array = named.array.contiguous();
    auto& entry = header[named.name];
    const char* dtype = array.dtype() == DType::f32 ? "F32" : "F64";
    entry["dtype"] = dtype;
    entry["shape"] = nlohmann::ordered_json::array();
    for (Index length : array.shape().lengths()) entry["shape"].push_back(length);
    const size_t begin = body.size();
    body.append(static_cast<const char*>(array.raw()), array.type().bytes());
    entry["data_offsets"] = {begin, body.size()};
    placed.push_back({begin, body.size(), named.name, array.type(), dtype});
  }
  header["__metadata__"][kChecksum] = checksum_of(placed, content.texts, body);
  std::string text = header.dump();
  text.append((8 - text.size() % 8) % 8, ' ');  // the numbers start on a multiple of eight
  std::string out(8, '\0');
  const std::uint64_t length = text.size();
  std::memcpy(out.data(), &length, 8);
  return out + text + body;
}

ArrayFile from_safetensors(std::string_view bytes, const std::string& path) {
  return from_safetensors(bytes, path, every_array);
}

ArrayFile from_safetensors(std::string_view bytes, const std::string& path,
                           const ArrayChoice& choose) {
  const auto fail = [&](const auto&... what) -> void {
    throw DataError(text::concat("reading ", path, ": ", what...));
  };
  if (bytes.size() < 8) fail("this is not a .safetensors file: it has ", bytes.size(), " bytes");
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), 8);
  if (length > kLargestHeader || length > bytes.size() - 8) {
    fail("byte 0: a header of ", length, " bytes does not fit into ", bytes.size());
  }
  const std::string_view text = bytes.substr(8, static_cast<size_t>(length));
  const std::string_view body = bytes.substr(8 + static_cast<size_t>(length));
  // Nesting is bounded before parsing: a header needs three levels.
  int depth = 0;
  int deepest = 0;
  for (char c : text) {
    if (c == '{' || c == '[') deepest = std::max(deepest, ++depth);
    if (c == '}' || c == ']') depth = std::max(0, depth - 1);
  }
  const Json header = deepest > 1000 ? Json(Json::value_t::discarded)
                                     : Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!header.is_object()) fail("byte 8: the header is not a JSON object");
  ArrayFile content;
  std::vector<Placed> placed;
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") {
      if (!entry.is_object()) fail("__metadata__ is not an object");
      for (const auto& [key, value] : entry.items()) {
        if (value.is_string()) content.texts.emplace_back(key, value.get<std::string>());
      }
      continue;
    }
    // Clang 14 cannot capture a structured binding by name.
    const auto wrong = [&, &name = name](const auto&... what) {
      fail("array \"", name, "\": ", what...);
    };
    if (!entry.is_object() || !entry.contains("dtype") || !entry.contains("shape") ||
        !entry.contains("data_offsets") || !entry["dtype"].is_string() ||
        !entry["shape"].is_array() || !entry["data_offsets"].is_array() ||
        entry["data_offsets"].size() != 2 || !entry["data_offsets"][0].is_number_unsigned() ||
        !entry["data_offsets"][1].is_number_unsigned()) {
      wrong("needs dtype, shape and data_offsets");
    }
    const std::string dtype = entry["dtype"].get<std::string>();
    const auto* const stored = std::ranges::find(kStored, dtype, &Stored::name);
    if (stored == std::end(kStored)) wrong("dtype must be F64, F32, F16 or BF16, got ", dtype);
    std::vector<Index> lengths;
    for (const auto& item : entry["shape"]) {
      if (!item.is_number_unsigned() || item.get<std::uint64_t>() > (std::uint64_t{1} << 48) ||
          lengths.size() == static_cast<size_t>(Shape::kMaxRank)) {
        wrong("its shape cannot be read");
      }
      lengths.push_back(item.get<Index>());
    }
    const auto begin = entry["data_offsets"][0].get<std::uint64_t>();
    const auto end = entry["data_offsets"][1].get<std::uint64_t>();
    if (end < begin || end > body.size()) {
      wrong("offsets ", begin, " to ", end, " pass the end at ", body.size());
    }
    ArrayType type;
    try {
      type = {Shape(lengths), dtype == "F64" ? DType::f64 : DType::f32};
    } catch (const Error& error) {
      wrong(error.what());
    }
    const std::uint64_t needed = static_cast<std::uint64_t>(type.shape.size()) * stored->bytes;
    if (needed != end - begin) {
      wrong("shape ", type.shape, " needs ", needed, " bytes, has ", end - begin);
    }
    placed.push_back({begin, end, name, type, stored->name});
  }
  const auto sum =
      std::ranges::find(content.texts, kChecksum, [](const auto& t) { return t.first; });
  content.checked = sum != content.texts.end();
  if (content.checked) {
    const std::string stated = sum->second;
    content.texts.erase(sum);
    const std::string found = checksum_of(placed, content.texts, body);
    if (stated != found) {
      fail("the file is damaged: its checksum is ", found, ", but ", kChecksum, " says ", stated,
           "; use a copy of the file");
    }
  }
  // Keys may come in any order; the numbers of the arrays follow each other.
  std::ranges::sort(placed, {}, [](const Placed& p) { return std::pair(p.begin, p.end); });
  std::uint64_t next = 0;
  for (const Placed& p : placed) {
    if (p.begin != next) {
      fail("array \"", p.name, "\": offset ", p.begin, ", expected ", next,
           ": arrays must leave no hole and not overlap");
    }
    next = p.end;
    if (!is_real(p.dtype) || !choose(p.name, p.type)) continue;
    check_memory_for(path, text::concat("array \"", p.name, "\" takes"), p.type.bytes());
    content.arrays.push_back(
        {p.name, numbers_of(p, body.substr(static_cast<size_t>(p.begin),
                                           static_cast<size_t>(p.end - p.begin)))});
  }
  if (next != body.size()) {
    fail(body.size() - next, " bytes after the last array belong to none");
  }
  return content;
}

}  // namespace autonet::internal
