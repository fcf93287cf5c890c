#include "train/npz_texts.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "autonet/text/concat.h"
#include "train/checksum.h"

namespace autonet::internal {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kBegin = "autonet texts ";
constexpr size_t kDigits = 8;  // of the checksum, before a newline
constexpr size_t kLongest = 65'535;

std::string checksum(std::string_view text) {
  Checksum sum;
  sum.add(text);
  return sum.text();
}

/// True if a comment begins like ours but for a character or two, as after a flipped bit.
bool begins_damaged(std::string_view comment) {
  size_t same = 0;
  for (size_t i = 0; i < std::min(comment.size(), kBegin.size()); ++i)
    same += comment[i] == kBegin[i];
  return same + 2 >= kBegin.size();
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
  if (!comment.starts_with(kBegin)) {
    return begins_damaged(comment) ? "the texts are damaged: their first words are wrong" : "";
  }
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
