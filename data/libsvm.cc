#include "data/libsvm.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>

#include "autonet/text/concat.h"
#include "data/file_bytes.h"
#include "data/own_files.h"

namespace autonet::internal {
namespace {

constexpr Index kMostFeatures = 100'000'000;
constexpr Index kMostNumbers = Index{1} << 32;

struct Entry {
  Index row;
  Index feature;
  float value;
};

/// Reads the words of one line; errors name the column at which a word begins.
class LibsvmLine {
 public:
  LibsvmLine(std::string_view text, const std::string& path, Index line)
      : text_(text.substr(0, text.find('#'))), path_(path), line_(line) {
    while (!text_.empty() && is_blank(text_.back())) text_.remove_suffix(1);
  }

  /// Goes to the next word; false at the end of the line.
  bool next() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
    return at_ < text_.size();
  }

  template <typename T>
  T number(const char* what, bool last_of_word) {
    T value = 0;
    const char* first = text_.data() + at_;
    const char* const last = text_.data() + text_.size();
    if (first < last && *first == '+') ++first;
    const auto [end, problem] = std::from_chars(first, last, value);
    const bool ends = end == last || is_blank(*end);
    if (problem != std::errc() || (last_of_word ? !ends : ends || *end != ':')) {
      fail("expected ", what, ", found ", word());
    }
    if constexpr (std::is_floating_point_v<T>) {
      if (!std::isfinite(value)) fail("expected a finite number, found ", word());
    }
    at_ = static_cast<size_t>(end - text_.data()) + (last_of_word ? 0 : 1);
    return value;
  }

  template <typename... Args>
  [[noreturn]] void fail(const Args&... what) const {
    fail_reading(path_, "line ", line_, ", column ", at_ + 1, ": ", what...);
  }

 private:
  static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
  std::string word() const {
    const size_t end = text_.find_first_of(" \t\r", at_);
    return short_quote(text_.substr(at_, end == text_.npos ? end : end - at_));
  }

  std::string_view text_;
  const std::string& path_;
  Index line_;
  size_t at_ = 0;
};

}  // namespace

LibsvmTable read_libsvm(const std::string& path, Index features) {
  const std::string text = read_unpacked(path, kMostOwnBytes);
  LibsvmTable table;
  std::vector<Entry> entries;
  Index largest = 0;
  Index number = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    LibsvmLine line(std::string_view(text).substr(at, end - at), path, ++number);
    at = end + 1;
    if (!line.next()) continue;
    table.targets.push_back(line.number<double>("a label, a number", true));
    table.lines.push_back(number);
    Index before = 0;
    while (line.next()) {
      const LibsvmLine word = line;  // errors about the index name the column of the word
      const Index index = line.number<Index>("INDEX:VALUE", false);
      if (index < 1 || index > kMostFeatures) {
        word.fail("an index must be from 1 to ", kMostFeatures, ", found ", index);
      }
      if (features > 0 && index > features) {
        word.fail("index ", index, " is above ", features,
                  ", the number of features of the model and its training data");
      }
      if (index <= before) {
        word.fail("indices must increase along a line, but ", index, " follows ", before);
      }
      before = index;
      largest = std::max(largest, index);
      entries.push_back({table.count, index - 1, line.number<float>("a number", true)});
    }
    ++table.count;
  }
  if (table.count == 0) fail_reading(path, "expected examples, the file has none");
  table.features = features > 0 ? features : std::max<Index>(1, largest);
  if (table.features > kMostNumbers / table.count) {
    fail_reading(path, table.count, " examples of ", table.features, " features are more than ",
                 kMostNumbers, " numbers; features that a line leaves out take memory too");
  }
  table.x.assign(static_cast<size_t>(table.count * table.features), 0.0F);
  for (const Entry& entry : entries) {
    table.x[static_cast<size_t>(entry.row * table.features + entry.feature)] = entry.value;
  }
  return table;
}

}  // namespace autonet::internal
