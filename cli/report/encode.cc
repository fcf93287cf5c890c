#include "cli/report/encode.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

#include "text/numbers.h"

namespace autonet::cli {

std::string base64(std::span<const std::uint8_t> bytes) {
  constexpr const char* kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t count = std::min<size_t>(3, bytes.size() - i);
    std::uint32_t word = 0;
    for (size_t k = 0; k < 3; ++k) word = word << 8 | (k < count ? bytes[i + k] : 0U);
    for (size_t k = 0; k < 4; ++k) text += k <= count ? kDigits[word >> (18 - 6 * k) & 63U] : '=';
  }
  return text;
}

std::string floats(const Array& array) {
  std::vector<std::uint8_t> bytes;
  for (const double number : array.to_vector()) {
    const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(number));
    for (int shift = 0; shift < 32; shift += 8)
      bytes.push_back(static_cast<std::uint8_t>(bits >> shift & 255U));
  }
  return base64(bytes);
}

Json quantized(const Array& array) {
  const std::vector<double> numbers = array.to_vector();
  const auto [low, high] = std::ranges::minmax_element(numbers);
  const double span = *high > *low ? *high - *low : 1.0;
  std::vector<std::uint8_t> bytes;
  for (const double number : numbers) {
    const double share = (number - *low) / span;
    bytes.push_back(std::isfinite(share) ? static_cast<std::uint8_t>(std::lround(255.0 * share))
                                         : std::uint8_t{0});
  }
  return {{"low", rounded(*low)}, {"high", rounded(*low + span)}, {"bytes", base64(bytes)}};
}

Json rounded(double number) {
  if (!std::isfinite(number)) return nullptr;
  return Json::parse(text::significant(number, 4));
}

std::string in_script(const Json& json) {
  const std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  std::string safe;
  for (const char c : text) safe += c == '<' ? std::string("\\u003c") : std::string(1, c);
  return safe;
}

std::string in_html(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    safe += c == '<'   ? std::string("&lt;")
            : c == '>' ? std::string("&gt;")
            : c == '&' ? std::string("&amp;")
            : c == '"' ? std::string("&quot;")
                       : std::string(1, c);
  }
  return safe;
}

}  // namespace autonet::cli
