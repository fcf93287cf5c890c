#include "exchange/external_data.h"

#include <charconv>
#include <filesystem>
#include <fstream>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "exchange/number_types.h"
#include "exchange/tensor.h"

namespace autonet::exchange {
namespace {

namespace fs = std::filesystem;

/// The value of a key of the tensor's external_data, "" if it has none.
std::string value_of(const TensorProto& tensor, const char* key) {
  for (const MetadataEntry& entry : tensor.external_data) {
    if (entry.key == key) return entry.value;
  }
  return "";
}

std::uint64_t number_of_key(const TensorProto& tensor, const char* key, std::uint64_t fallback) {
  const std::string text = value_of(tensor, key);
  if (text.empty()) return fallback;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw DataError(text::concat("initializer ", tensor.name, ": its ", key, " is not a number"));
  }
  return number;
}

/// The bytes that the numbers of a tensor take in a file.
std::uint64_t bytes_needed(const TensorProto& tensor) {
  const auto bits = static_cast<std::uint64_t>(bits_of(static_cast<Element>(tensor.data_type)));
  const auto count = static_cast<std::uint64_t>(
      shape_of(tensor, text::concat("initializer ", tensor.name)).size());  // at most 2^59
  return bits < 8 ? (count * bits + 7) / 8 : count * (bits / 8);
}

}  // namespace

void read_external_data(TensorProto& tensor, const std::string& folder) {
  if (tensor.data_location != 1) return;
  const auto fail = [&](const auto&... what) {
    throw DataError(text::concat("initializer ", tensor.name, ": ", what...));
  };
  const std::string location = value_of(tensor, "location");
  const fs::path name(location);
  bool inside = !name.empty() && name.is_relative();
  for (const fs::path& step : name) inside = inside && step != "..";
  if (!inside)
    fail("its file is named \"", location, "\", which is not in the folder of the model");
  const fs::path path = fs::path(folder) / name;
  std::error_code error;
  if (!fs::is_regular_file(path, error)) fail("its file ", path.string(), " is not there");
  const std::uint64_t size = fs::file_size(path, error);
  const std::uint64_t needed = bytes_needed(tensor);
  const std::uint64_t offset = number_of_key(tensor, "offset", 0);
  const std::uint64_t length = number_of_key(tensor, "length", needed);
  if (length != needed) fail("it needs ", needed, " bytes, but the file says ", length);
  if (error || offset > size || needed > size - offset) {
    fail("it needs bytes ", offset, " to ", offset + needed, " of ", path.string(), ", which has ",
         size);
  }
  std::ifstream in(path, std::ios::binary);
  in.seekg(static_cast<std::streamoff>(offset));
  tensor.raw_data.resize(static_cast<size_t>(needed));
  in.read(tensor.raw_data.data(), static_cast<std::streamsize>(needed));
  if (!in) fail("reading ", path.string(), " failed");
  tensor.data_location = 0;
}

}  // namespace autonet::exchange
