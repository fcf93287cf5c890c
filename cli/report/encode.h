#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "autonet/autograd/array.h"
#include "cli/json.h"

namespace autonet::cli {

/// The bytes in base64 (RFC 4648).
std::string base64(std::span<const std::uint8_t> bytes);

/// The numbers as f32, little-endian, in base64, in row-major order.
std::string floats(const Array& array);

/// The numbers as bytes: {"low": …, "high": …, "bytes": base64}, where byte 0 is low, 255 high.
Json quantized(const Array& array);

/// The number with four significant digits, which keeps pages small; null if it is not finite.
Json rounded(double number);

/// JSON as the content of a <script> element, which ends at the first "</".
std::string in_script(const Json& json);

/// Text as the content of an HTML element.
std::string in_html(const std::string& text);

}  // namespace autonet::cli
