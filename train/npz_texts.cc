#include "train/npz_texts.h"

#include <zlib.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "autonet/text/concat.h"

namespace autonet::internal {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kBegin = "autonet texts ";
constexpr size_t kDigits = 8;  // of the checksum, before a newline
constexpr size_t kLongest = 65'535;

std::string checksum(std::string_view text) {
  uLong crc =
      crc32(0L, reinterpret_cast<const Bytef*>(text.data()), static_cast<uInt>(text.size()));
  std::string digits(kDigits, '0');
  for (size_t i = kDigits; i-- > 0; crc >>= 4) digits[i] = "0123456789abcdef"[crc & 15];
  return digits;
}

}  // namespace

std::string comment_of_texts(const ArrayFile& content) {
  if (content.texts.empty()) return "";
  Json json = Json::object();
  for (const auto& [key, text] : content.texts) json[key] = text;
  try {
    const std::string text = json.dump();
    if (kBegin.size() + kDigits + 1 + text.size() > kLongest) return "";
    return text::concat(kBegin, checksum(text), "\n", text);
  } catch (const Json::exception&) {
    return "";
  }
}

std::string add_texts_of(std::string_view comment, ArrayFile& content) {
  if (!comment.starts_with(kBegin)) return "";
  const size_t begin = std::min(kBegin.size() + kDigits + 1, comment.size());
  const std::string_view text = comment.substr(begin);
  if (comment.substr(kBegin.size(), kDigits) != checksum(text)) {
    return "the texts are damaged: their checksum does not match";
  }
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return "the texts are not a JSON object";
  for (const auto& [key, value] : json.items()) {
    if (value.is_string()) content.texts.emplace_back(key, value.get<std::string>());
  }
  return "";
}

}  // namespace autonet::internal
