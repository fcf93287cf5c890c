#pragma once

#include <string>
#include <string_view>

namespace autonet::text {

/// True if a text has a control character (below U+0020, or U+007F) that is no line end or tab.
bool has_controls(std::string_view text);

/// The text with each control character but line ends and tabs written out, as \x1b, so that a name
/// from a file cannot move the cursor or colour a terminal. The bytes of text that is not UTF-8 are
/// written out too.
std::string visible(std::string_view text);

/// The same, but keeps carriage returns and the sequences that the program itself writes to a
/// terminal: ESC [ numbers m for a colour, and ESC [ K, which clears the rest of a line.
std::string visible_but_colours(std::string_view text);

}  // namespace autonet::text
