#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace autonet {

/// A table for people: columns as wide as their widest cell, two spaces apart, the first column to
/// the left, the others to the right unless said otherwise.
class TextTable {
 public:
  explicit TextTable(std::vector<std::string> header);

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

/// Columns that UTF-8 text takes on a terminal (one a code point).
size_t display_width(const std::string& text);

/// "1,234,567".
std::string with_commas(std::int64_t number);
/// A number with so many decimals; "nan" and "inf" as they are.
std::string fixed(double number, int decimals);
/// A fraction as "98.76 %".
std::string percent(double fraction);
/// A mean cross-entropy with four decimals, or in powers of ten where that would say 0.0000.
std::string loss_text(double loss);
/// "12 B", "3.4 KiB", "567 MiB", …
std::string bytes_text(double bytes);
/// "850 ms", "12.3 s", "4:05", "1:02:03".
std::string duration_text(double seconds);

}  // namespace autonet
