#include "data/csv_reader.h"

namespace autonet::internal {

bool CsvReader::next(std::vector<std::string>& fields) {
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

void CsvReader::skip_line_end() {
  if (text_[at_] == '\r' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n') ++at_;
  ++at_;
  ++line_;
}

void CsvReader::read_field(std::string& field) {
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

void CsvReader::read_quoted(std::string& field) {
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

}  // namespace autonet::internal
