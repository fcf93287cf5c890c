#pragma once

#include <charconv>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "data/file_bytes.h"
#include "data/own_files.h"

namespace autonet::internal {

/// The most columns that a table may have.
constexpr size_t kMostColumns = 100'000;

/// Divides a text into rows of fields (RFC 4180). `text` and `path`, which errors name, must
/// outlive the reader.
class CsvReader {
 public:
  CsvReader(std::string_view text, const std::string& path) : text_(text), path_(path) {
    if (text_.starts_with("\xef\xbb\xbf")) at_ = 3;  // the mark that some programs begin UTF-8 with
    const size_t found = text_.find_first_of(",;\t\n");
    if (found != text_.npos && text_[found] != '\n') separator_ = text_[found];
  }

  /// The line on which the last row began, from 1.
  Index line() const { return row_line_; }
  /// The number of bytes read so far.
  size_t at() const { return at_; }

  /// Reads the next row that is not empty into `fields`; false at the end of the text. Throws
  /// DataError with the line for unbalanced quotes and too many columns.
  bool next(std::vector<std::string>& fields);

  template <typename... Args>
  [[noreturn]] void fail(Index line, const Args&... what) const {
    fail_reading(path_, "line ", line, ": ", what...);
  }

 private:
  void skip_line_end();
  void read_field(std::string& field);
  void read_quoted(std::string& field);

  std::string_view text_;
  const std::string& path_;
  size_t at_ = 0;
  char separator_ = ',';
  Index line_ = 1;
  Index row_line_ = 1;
};

/// The number that a field of the reader's last row is. Throws DataError with line and column if it
/// is none, or not finite.
template <typename T>
T number_of(const CsvReader& reader, const std::string& field, const std::string& column) {
  const char* first = field.data();
  const char* const last = first + field.size();
  if (first < last && *first == '+') ++first;
  T value = 0;
  const auto [end, problem] = std::from_chars(first, last, value);
  if (problem == std::errc::result_out_of_range ||
      (problem == std::errc() && end == last && !std::isfinite(value))) {
    reader.fail(reader.line(), "column ", short_quote(column), ": ", short_quote(field),
                " is not a finite number; remove the row or fill in a number");
  }
  if (problem != std::errc() || end != last) {
    reader.fail(reader.line(), "column ", short_quote(column), ": expected a number, found ",
                field.empty() ? "an empty field" : short_quote(field),
                "; all columns but the label must be numbers");
  }
  return value;
}

}  // namespace autonet::internal
