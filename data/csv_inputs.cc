#include "data/csv_inputs.h"

#include <algorithm>

#include "autonet/text/concat.h"
#include "text/numbers.h"
#include "text/suggest.h"

namespace autonet::internal {
namespace {

bool is_number(const std::string& field) {
  const char* first = field.data();
  const char* const last = first + field.size();
  if (first < last && *first == '+') ++first;
  double value = 0;
  const auto [end, problem] = std::from_chars(first, last, value);
  return end == last && first < last && problem != std::errc::invalid_argument;
}

bool is_packed(std::string_view bytes) {
  return bytes.starts_with("\x1f\x8b");
}

bool has(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace

std::vector<std::string> csv_features(const std::string& path,
                                      const std::vector<std::string>& label) {
  const MappedFile file(path);
  const bool packed = is_packed(file.bytes());
  const std::string unpacked = packed ? read_unpacked(path, kMostOwnBytes) : std::string();
  CsvReader reader(packed ? std::string_view(unpacked) : file.bytes(), path);
  std::vector<std::string> heading;
  if (!reader.next(heading)) fail_reading(path, "expected a table, the file is empty");
  std::erase_if(heading, [&](const std::string& name) { return has(label, name); });
  return heading;
}

CsvInputs::CsvInputs(const std::string& path, const CsvColumns& columns) : path_(path) {
  map_ = std::make_unique<MappedFile>(path);
  if (is_packed(map_->bytes())) {
    map_.reset();
    unpacked_ = read_unpacked(path, kMostOwnBytes);
  }
  reader_ = std::make_unique<CsvReader>(map_ ? map_->bytes() : std::string_view(unpacked_), path_);
  if (!reader_->next(fields_)) fail_reading(path_, "expected a table, the file is empty");
  if (std::ranges::all_of(fields_, is_number)) {
    if (std::ssize(fields_) != columns.count) {
      reader_->fail(1, "the rows have ", text::counted(std::ssize(fields_), "number"),
                    ", but the model needs ", columns.count,
                    "; a first line with the names of the columns tells which are inputs");
    }
    for (size_t i = 0; i < fields_.size(); ++i) {
      columns_.push_back(i);
      names_.push_back(i < columns.features.size() ? columns.features[i] : text::concat(i + 1));
    }
    waiting_ = true;
    return;
  }
  names_ = fields_;
  find_columns(columns);
  waiting_ = reader_->next(fields_);
  if (!waiting_) fail_reading(path_, "expected rows after the heading, the file ends");
}

void CsvInputs::find_columns(const CsvColumns& columns) {
  const Index line = reader_->line();
  for (const std::string& name : columns.features) {
    const auto found = std::ranges::find(names_, name);
    if (found == names_.end()) {
      reader_->fail(line, "there is no column ", short_quote(name),
                    ", which the model was trained on", text::did_you_mean(name, names_));
    }
    if (std::ranges::count(names_, name) > 1)
      reader_->fail(line, "two columns are called ", short_quote(name));
    columns_.push_back(static_cast<size_t>(found - names_.begin()));
  }
  for (size_t i = 0; i < names_.size(); ++i) {
    if (has(columns.label, names_[i])) continue;
    if (columns.features.empty()) {
      columns_.push_back(i);
    } else if (!has(columns.features, names_[i])) {
      reader_->fail(line, "the model was not trained on a column ", short_quote(names_[i]),
                    text::did_you_mean(names_[i], columns.features), "; remove the column");
    }
  }
  if (std::ssize(columns_) != columns.count) {
    reader_->fail(line, "the table has ", text::counted(std::ssize(columns_), "column"),
                  " of inputs, but the model needs ", columns.count);
  }
}

bool CsvInputs::next(std::vector<float>& numbers) {
  if (!waiting_ && !reader_->next(fields_)) return false;
  waiting_ = false;
  if (fields_.size() != names_.size()) {
    reader_->fail(reader_->line(), "expected ", text::counted(std::ssize(names_), "field"),
                  ", as the first line has, found ", fields_.size());
  }
  for (const size_t column : columns_)
    numbers.push_back(number_of<float>(*reader_, fields_[column], names_[column]));
  constexpr size_t kPiece = size_t{1} << 20;
  if (map_ && reader_->at() - freed_ > kPiece) {
    map_->have_read(1, static_cast<Index>(reader_->at() - freed_));
    freed_ = reader_->at();
  }
  return true;
}

}  // namespace autonet::internal
