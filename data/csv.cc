#include "data/csv.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>

#include "autonet/text/concat.h"
#include "data/file_bytes.h"
#include "data/own_files.h"
#include "text/suggest.h"
#include "text/visible.h"

namespace autonet::internal {
namespace {

constexpr size_t kMostColumns = 100'000;

/// Divides a text into rows of fields.
class CsvReader {
 public:
  CsvReader(std::string_view text, const std::string& path) : text_(text), path_(path) {
    if (text_.starts_with("\xef\xbb\xbf")) at_ = 3;  // the mark that some programs begin UTF-8 with
    const size_t found = text_.find_first_of(",;\t\n");
    if (found != text_.npos && text_[found] != '\n') separator_ = text_[found];
  }

  /// The line on which the last row began.
  Index line() const { return row_line_; }

  /// Reads the next row that is not empty into `fields`; false at the end of the file.
  bool next(std::vector<std::string>& fields) {
    while (at_ < text_.size() && (text_[at_] == '\n' || text_[at_] == '\r')) skip_line_end();
    if (at_ == text_.size()) return false;
    row_line_ = line_;
    size_t count = 0;
    while (true) {
      if (count == fields.size()) fields.emplace_back();
      if (count == kMostColumns) fail(row_line_, "more than ", kMostColumns, " columns");
      read_field(fields[count++]);
      if (at_ == text_.size() || text_[at_] != separator_) break;
      ++at_;
    }
    if (at_ < text_.size()) skip_line_end();
    fields.resize(count);
    return true;
  }

  template <typename... Args>
  [[noreturn]] void fail(Index line, const Args&... what) const {
    fail_reading(path_, "line ", line, ": ", what...);
  }

 private:
  void skip_line_end() {
    if (text_[at_] == '\r' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n') ++at_;
    ++at_;
    ++line_;
  }

  void read_field(std::string& field) {
    field.clear();
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    if (at_ < text_.size() && text_[at_] == '"') return read_quoted(field);
    const size_t start = at_;
    while (at_ < text_.size() && text_[at_] != separator_ && text_[at_] != '\n' &&
           text_[at_] != '\r') {
      ++at_;
    }
    field = text_.substr(start, at_ - start);
    while (!field.empty() && field.back() == ' ') field.pop_back();
  }

  void read_quoted(std::string& field) {
    const Index opened = line_;
    ++at_;
    while (true) {
      if (at_ == text_.size()) {
        fail(opened,
             "a quote (\") is opened here and never closed; a quote inside a field in "
             "quotes is written twice");
      }
      if (text_[at_] == '"') {
        ++at_;
        if (at_ == text_.size() || text_[at_] != '"') break;
      }
      if (text_[at_] == '\n') ++line_;
      field += text_[at_++];
    }
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    const bool ends =
        at_ == text_.size() || text_[at_] == separator_ || text_[at_] == '\n' || text_[at_] == '\r';
    if (!ends) {
      fail(line_, "text follows a field in quotes; a quote inside such a field is written twice");
    }
  }

  std::string_view text_;
  const std::string& path_;
  size_t at_ = 0;
  char separator_ = ',';
  Index line_ = 1;
  Index row_line_ = 1;
};

/// The number that a field is. Throws with line and column if it is none, or not finite.
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

/// What each column is: its place among the labels, or -1 for an input.
std::vector<int> roles_of(const CsvReader& reader, const std::vector<std::string>& heading,
                          const std::vector<std::string>& label) {
  std::vector<int> roles(heading.size(), -1);
  for (size_t k = 0; k < label.size(); ++k) {
    const auto found = std::ranges::find(heading, label[k]);
    if (found == heading.end()) {
      reader.fail(reader.line(), "there is no column ", short_quote(label[k]), ", the \"label\"",
                  text::did_you_mean(label[k], heading));
    }
    if (std::ranges::count(heading, label[k]) > 1) {
      reader.fail(reader.line(), "two columns are called ", short_quote(label[k]));
    }
    int& role = roles[static_cast<size_t>(found - heading.begin())];
    if (role >= 0) reader.fail(reader.line(), "\"label\" names ", short_quote(label[k]), " twice");
    role = static_cast<int>(k);
  }
  return roles;
}

}  // namespace

CsvTable read_csv(const std::string& path, const std::vector<std::string>& label, bool real) {
  const std::string text = read_unpacked(path, kMostOwnBytes);
  CsvReader reader(text, path);
  std::vector<std::string> heading;
  if (!reader.next(heading)) fail_reading(path, "expected a table, the file is empty");
  const std::vector<int> roles = roles_of(reader, heading, label);
  CsvTable table;
  for (size_t i = 0; i < heading.size(); ++i) {
    if (roles[i] < 0) table.features.push_back(heading[i]);
  }
  if (table.features.empty()) {
    reader.fail(reader.line(), "there is no column besides the label, so there are no inputs");
  }
  std::vector<std::string> fields;
  while (reader.next(fields)) {
    if (fields.size() != heading.size()) {
      reader.fail(reader.line(), "expected ", heading.size(), " fields, as the heading has, found ",
                  fields.size());
    }
    if (real) table.targets.resize(table.targets.size() + label.size());
    for (size_t i = 0; i < fields.size(); ++i) {
      if (roles[i] < 0) {
        table.x.push_back(number_of<float>(reader, fields[i], heading[i]));
      } else if (real) {
        table.targets[table.targets.size() - label.size() + static_cast<size_t>(roles[i])] =
            number_of<double>(reader, fields[i], heading[i]);
      } else if (fields[i].empty()) {
        reader.fail(reader.line(), "column ", short_quote(heading[i]), ": the label is empty");
      } else if (text::has_controls(fields[i])) {
        reader.fail(reader.line(), "column ", short_quote(heading[i]), ": the label ",
                    short_quote(fields[i]), " has a control character, shown as \"?\"");
      } else {
        table.labels.push_back(fields[i]);
      }
    }
    table.lines.push_back(reader.line());
    ++table.count;
  }
  if (table.count == 0) fail_reading(path, "expected rows after the heading, the file ends");
  return table;
}

}  // namespace autonet::internal
