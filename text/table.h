#pragma once

#include <string>
#include <vector>

namespace autonet::text {

/// A table for people: columns as wide as their widest cell, two spaces apart, the first column to
/// the left, the others to the right unless said otherwise.
class Table {
 public:
  explicit Table(std::vector<std::string> header);

  /// Sets the columns (from 0) whose text starts at the left.
  void align_left(std::vector<size_t> columns);
  /// Adds a row; missing cells at the end are empty.
  void add(std::vector<std::string> cells);
  /// Adds a line of dashes, as before totals.
  void add_rule();
  /// Lines, each with its newline, no blanks at the end.
  std::string text() const;
  /// The same as a table of Markdown.
  std::string markdown() const;

 private:
  std::vector<std::string> header_;
  std::vector<std::vector<std::string>> rows_;  // an empty row is a rule
  std::vector<bool> left_;
};

/// The number of terminal columns that UTF-8 text fills, counting one for each code point.
size_t display_width(const std::string& text);

}  // namespace autonet::text
