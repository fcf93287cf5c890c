#pragma once

#include <string>
#include <vector>

namespace autonet::text {

/// A table of text. Each column is as wide as its widest cell, and columns stand two spaces apart.
/// The first column is aligned to the left, the others to the right unless align_left names them.
class Table {
 public:
  explicit Table(std::vector<std::string> header);

  /// Aligns these columns (counted from 0) to the left.
  void align_left(const std::vector<size_t>& columns);
  /// Adds a row. Cells missing at its end are empty.
  void add(std::vector<std::string> cells);
  /// Adds a line of dashes, for example above the totals.
  void add_rule();
  /// The table as lines of plain text. Every line ends with a newline, and none with spaces.
  std::string text() const;
  /// The rows that were added since the last call as lines of plain text, at the first call below
  /// the heading, so that a long table can be written in parts. Columns never become narrower.
  std::string next_part();
  /// The table in Markdown, without the lines of dashes.
  std::string markdown() const;

 private:
  std::string lines(std::vector<size_t>& widths, bool with_header) const;

  std::vector<std::string> header_;
  std::vector<std::vector<std::string>> rows_;  // an empty row is a line of dashes
  std::vector<bool> left_;
  std::vector<size_t> widths_;  // of the columns in the parts so far
};

/// The number of terminal columns that UTF-8 text fills, counting one for each code point.
size_t display_width(const std::string& text);

/// The text with spaces before it, so that it fills `width` columns; as it is where it is longer.
std::string padded(const std::string& text, size_t width);

}  // namespace autonet::text
