#include "text/visible.h"

#include <doctest/doctest.h>

#include "text/hexadecimal.h"

namespace autonet::text {

TEST_CASE("control characters are written out, all other text stays") {
  CHECK(visible("plain\n\tü € 😀 \"\\") == "plain\n\tü € 😀 \"\\");
  CHECK(visible("a\x1b[31mb\a\r") == "a\\x1b[31mb\\x07\\x0d");
  CHECK(visible(std::string("\0", 1)) == "\\x00");
  CHECK(visible("\x7f") == "\\x7f");
  CHECK(visible("\xc2\x9b"
                "2J") == "\\xc2\\x9b2J");  // U+009B does what ESC [ does
  CHECK(visible("\x9b"
                "2J caf\xe9") == "\\x9b2J caf\\xe9");
  CHECK(visible("\xe2\x82") == "\\xe2\\x82");  // cut short
}

TEST_CASE("the program's own sequences for a terminal can be kept") {
  CHECK(visible_but_colours("\r\x1b[K\x1b[1;32mgood\x1b[0m") == "\r\x1b[K\x1b[1;32mgood\x1b[0m");
  CHECK(visible_but_colours("\x1b[2J\x1b]0;title\a\x1b[") == "\\x1b[2J\\x1b]0;title\\x07\\x1b[");
}

TEST_CASE("control characters are found, but line ends and tabs are none") {
  CHECK(has_controls("a\x1b[31m"));
  CHECK(has_controls("a\r"));
  CHECK(has_controls(std::string_view("a\0", 2)));
  CHECK(has_controls("\x7f"));
  CHECK_FALSE(has_controls("a line\nand a\ttab, \xc3\xbc"));
  CHECK_FALSE(has_controls(""));
}

TEST_CASE("hexadecimal digits, the last ones of a number, with zeros in front") {
  CHECK(hexadecimal(255, 4) == "00ff");
  CHECK(hexadecimal(0x1234abcd, 8) == "1234abcd");
  CHECK(hexadecimal(0x1234abcd, 2) == "cd");
  CHECK(hexadecimal(UINT64_MAX, 16) == "ffffffffffffffff");
}

}  // namespace autonet::text
