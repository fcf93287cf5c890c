#include <algorithm>
#include <cstring>
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

struct Placed {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::string name;
  ArrayType type;
};

using Texts = std::vector<std::pair<std::string, std::string>>;

/// The checksum of what a file says. It does not depend on how the header is written.
std::string checksum_of(std::vector<Placed> arrays, Texts texts, std::string_view body) {
  std::ranges::sort(arrays, {}, &Placed::name);
  std::ranges::sort(texts);
  Checksum sum;
  for (const Placed& array : arrays) {
    const auto dtype = array.type.dtype == DType::f32 ? "F32" : "F64";
    sum.add(text::concat(array.name, "\n", dtype, array.type.shape, "\n"));
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
    entry["dtype"] = array.dtype() == DType::f32 ? "F32" : "F64";
    entry["shape"] = nlohmann::ordered_json::array();
    for (Index length : array.shape().lengths()) entry["shape"].push_back(length);
    const size_t begin = body.size();
    body.append(static_cast<const char*>(array.raw()), array.type().bytes());
    entry["data_offsets"] = {begin, body.size()};
    placed.push_back({begin, body.size(), named.name, array.type()});
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
    if (dtype != "F32" && dtype != "F64") wrong("dtype must be F32 or F64, got ", dtype);
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
      type = {Shape(lengths), dtype == "F32" ? DType::f32 : DType::f64};
    } catch (const Error& error) {
      wrong(error.what());
    }
    if (type.bytes() != end - begin) {
      wrong("shape ", type.shape, " needs ", type.bytes(), " bytes, has ", end - begin);
    }
    placed.push_back({begin, end, name, type});
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
    if (!choose(p.name, p.type)) continue;
    check_memory_for(path, text::concat("array \"", p.name, "\" takes"), p.type.bytes());
    content.arrays.push_back({p.name, Array::uninitialized(p.type)});
    if (p.end > p.begin) {
      std::memcpy(content.arrays.back().array.raw(), body.data() + p.begin,
                  static_cast<size_t>(p.end - p.begin));
    }
  }
  if (next != body.size()) {
    fail(body.size() - next, " bytes after the last array belong to none");
  }
  return content;
}

}  // namespace autonet::internal
