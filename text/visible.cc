#include "text/visible.h"

#include <algorithm>

#include "text/hexadecimal.h"

namespace autonet::text {
namespace {

/// The bytes of the UTF-8 character at the beginning of the text; 0 if there is none.
size_t utf8_length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const size_t length = byte(0) < 0x80                      ? 1
                        : byte(0) >= 0xC2 && byte(0) < 0xE0 ? 2
                        : byte(0) >= 0xE0 && byte(0) < 0xF0 ? 3
                        : byte(0) >= 0xF0 && byte(0) < 0xF5 ? 4
                                                            : 0;
  if (length > text.size()) return 0;
  for (size_t i = 1; i < length; ++i) {
    if (byte(i) < 0x80 || byte(i) >= 0xC0) return 0;
  }
  return length;
}

/// True for the character of `length` bytes at the beginning of the text: one of U+0000 to U+001F
/// or U+007F to U+009F, which terminals obey.
bool is_control(std::string_view text, size_t length) {
  const auto first = static_cast<unsigned char>(text[0]);
  if (length == 1) return first < 0x20 || first == 0x7F;
  return length == 2 && first == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0;
}

/// The bytes of the terminal sequence at the beginning of the text that the program itself may
/// write; 0 if there is none.
size_t own_sequence(std::string_view text) {
  if (text.starts_with('\r')) return 1;
  if (!text.starts_with("\x1b[")) return 0;
  const size_t end = text.find_first_not_of("0123456789;", 2);
  if (end == text.npos) return 0;
  return text[end] == 'm' || (text[end] == 'K' && end == 2) ? end + 1 : 0;
}

std::string written_out(std::string_view text, bool colours) {
  std::string result;
  while (!text.empty()) {
    size_t length = utf8_length(text);
    const size_t own = colours ? own_sequence(text) : 0;
    if (own > 0) {
      length = own;
    } else if (length == 0 || (text[0] != '\n' && text[0] != '\t' && is_control(text, length))) {
      const auto byte = static_cast<unsigned char>(text[0]);
      result += "\\x" + hexadecimal(byte, 2);
      text.remove_prefix(1);
      continue;
    }
    result += text.substr(0, length);
    text.remove_prefix(length);
  }
  return result;
}

}  // namespace

bool has_controls(std::string_view text) {
  return std::ranges::any_of(text, [](char c) {
    return c != '\n' && c != '\t' && is_control({&c, 1}, 1);
  });
}

std::string visible(std::string_view text) {
  return written_out(text, false);
}

std::string visible_but_colours(std::string_view text) {
  return written_out(text, true);
}

}  // namespace autonet::text
