#include "data/usps.h"

#include <charconv>
#include <cmath>
#include <string_view>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "data/file_bytes.h"
#include "data/table.h"

namespace autonet::internal {
namespace {

constexpr Index kSide = 16;
constexpr Index kPixels = kSide * kSide;
constexpr Index kMaxBytes = Index{64} << 20;  // the training file unpacks to 14 MB

/// Reads numbers from a text and keeps count of lines and columns for errors.
class LineReader {
 public:
  LineReader(std::string_view text, const std::string& path) : text_(text), path_(path) {}

  bool at_end() const { return place_ == text_.size(); }

  /// Reads the next number of this line, number `ordinal`, which must be within [low, high], and
  /// whole if `whole`.
  float number(Index ordinal, float low, float high, bool whole, const char* what) {
    skip_blanks();
    if (at_line_end()) {
      fail("expected 257 numbers (the digit and 256 pixels), the line ends after ", ordinal);
    }
    const char* first = text_.data() + place_;
    const char* last = text_.data() + text_.size();
    float value = 0;
    const auto [end, problem] = std::from_chars(first, last, value);
    const bool read = problem == std::errc() && (end == last || is_space(*end));
    // In this form the condition refuses NaN too.
    if (!read || !(value >= low && value <= high) || (whole && value != std::trunc(value))) {
      fail("expected ", what, ", found ", word());
    }
    place_ += static_cast<size_t>(end - first);
    return value;
  }

  void end_line() {
    skip_blanks();
    if (!at_line_end()) {
      fail("expected the end of the line after 257 numbers, found ", word());
    }
    if (at_end()) fail("expected a newline, the file ends; it may be cut short");
    if (text_[place_] == '\r') ++place_;
    ++place_;
    ++line_;
    line_start_ = place_;
  }

  /// Throws DataError that names this line and column.
  template <typename... Args>
  [[noreturn]] void fail(const Args&... what) const {
    throw DataError(text::concat("reading ", path_, ": line ", line_, ", column ",
                                 place_ - line_start_ + 1, ": ", what...));
  }

 private:
  static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

  void skip_blanks() {
    while (place_ < text_.size() && (text_[place_] == ' ' || text_[place_] == '\t')) ++place_;
  }

  bool at_line_end() const {
    if (at_end() || text_[place_] == '\n') return true;
    return text_[place_] == '\r' && place_ + 1 < text_.size() && text_[place_ + 1] == '\n';
  }

  /// The word at this place, quoted, at most 20 characters, without control characters.
  std::string word() const {
    constexpr size_t kLongest = 20;
    std::string found = "\"";
    for (size_t i = place_; i < text_.size() && !is_space(text_[i]); ++i) {
      if (i - place_ == kLongest) {
        found += "...";
        break;
      }
      found += text_[i] >= ' ' && text_[i] <= '~' ? text_[i] : '?';
    }
    return found + "\"";
  }

  std::string_view text_;
  const std::string& path_;
  size_t place_ = 0;
  size_t line_start_ = 0;
  Index line_ = 1;
};

}  // namespace

Images read_usps(const std::string& path, Index count) {
  const std::string text = read_unpacked(path, kMaxBytes);
  LineReader reader(text, path);
  Images images{.rows = kSide, .cols = kSide, .channels = 1};
  images.pixels.reserve(static_cast<size_t>(count * kPixels));
  images.labels.reserve(static_cast<size_t>(count));
  while (!reader.at_end()) {
    if (count > 0 && images.count == count) {
      reader.fail("expected the end of the file after ", count, " lines");
    }
    const float digit = reader.number(0, 0, 9, true, "a digit from 0 to 9");
    images.labels.push_back(static_cast<std::int32_t>(digit));
    for (Index i = 1; i <= kPixels; ++i) {
      images.pixels.push_back(reader.number(i, -1, 1, false, "a pixel in [-1, 1]"));
    }
    reader.end_line();
    ++images.count;
  }
  if (images.count == 0) fail_reading(path, "expected images, the file is empty");
  if (count > 0 && images.count < count) {
    fail_reading(path, "the file ends after line ", images.count, ", expected ", count,
                 " lines; it may be cut short");
  }
  return images;
}

std::vector<DatasetInfo> usps_sets() {
  return {
      {.name = "usps",
       .title = "USPS ZIP code digits",
       .image = {kSide, kSide, 1},
       .train_count = 7291,
       .test_count = 2007,
       .low = -1,
       .high = 1,
       .files = {{.name = "zip.train",
                  .bytes = 1829071,
                  .sha256 = "66ebf231ab51f2cf6ac1a892d0f98ccffee1079d7a5db638c1f11f366046ca16"},
                 {.name = "zip.test",
                  .bytes = 439208,
                  .sha256 = "8dacc3c6e136af6c3488de9e5113a7daf140c8c2f1f0b61c54ee02f03f1a962f"}},
       .source = "https://hastie.su.domains/ElemStatLearn/data.html (ZIP code)",
       .servers = {"https://hastie.su.domains/ElemStatLearn/datasets/",
                   "https://web.stanford.edu/~hastie/ElemStatLearn/datasets/"},
       .citation = kUspsCitation,
       .read = [](const DatasetInfo& info, const std::vector<std::string>& paths) -> Dataset {
         return {read_usps(paths[0], info.train_count), read_usps(paths[1], info.test_count)};
       }}};
}

}  // namespace autonet::internal
