#include "models/json_value.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "text/visible.h"

namespace autonet::internal {
namespace {

using Json = nlohmann::json;
constexpr size_t kBriefLength = 60;

/// At most `length` bytes, cut between UTF-8 characters.
std::string cut(std::string text, size_t length) {
  if (text.size() <= length) return text;
  size_t end = length - 3;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "...";
}

std::string escaped(std::string_view text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// How far nlohmann's lexer has read.
struct Reading {
  int line = 1;
  size_t position = 0;
  char last = '\0';
};

/// The iterator over the text that nlohmann's lexer reads. It counts lines in a Reading, which the
/// SAX handler below looks at.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, Reading* reading) : at_(at), reading_(reading) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    reading_->last = *at_;
    if (*at_ == '\n') ++reading_->line;
    ++reading_->position;
    ++at_;
    return *this;
  }
  CountingIterator operator++(int) {
    CountingIterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }
  bool operator!=(const CountingIterator& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  Reading* reading_;
};

/// Builds a JsonValue from nlohmann's SAX events. An event comes as soon as its token is read, so
/// the reading's line is the line of the token. Only a number has one more character read, the one
/// that ends it.
class Builder {
 public:
  Builder(const Reading& reading, std::string_view text, Mistakes& mistakes)
      : reading_(reading), text_(text), mistakes_(mistakes) {}

  bool null() { return put({}); }
  bool boolean(bool flag) {
    return put({.kind = JsonValue::Kind::boolean, .flag = flag, .members = {}});
  }
  bool number_integer(Json::number_integer_t whole) {
    const auto number = static_cast<double>(whole);
    return put({.kind = JsonValue::Kind::whole, .whole = whole, .number = number, .members = {}},
               true);
  }
  bool number_unsigned(Json::number_unsigned_t whole) {
    if (whole <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      return number_integer(static_cast<Json::number_integer_t>(whole));
    }
    return number_float(static_cast<double>(whole), {});
  }
  bool number_float(double number, const std::string&) {
    constexpr double kExact = 0x1p53;  // up to here, a double is a whole number exactly
    if (std::abs(number) <= kExact && number == std::trunc(number)) {
      return number_integer(static_cast<std::int64_t>(number));
    }
    return put({.kind = JsonValue::Kind::real, .number = number, .members = {}}, true);
  }
  bool string(std::string& text) {
    // Names are printed, and a control character would change what a terminal shows.
    if (text::has_controls(text)) {
      mistakes_.add(reading_.line, pointer() + (levels_.empty() ? "" : step(levels_.back())),
                    "must not contain a control character, such as \\u001b");
    }
    return put({.kind = JsonValue::Kind::text, .text = std::move(text), .members = {}});
  }
  bool binary(Json::binary_t&) { return false; }
  bool start_object(size_t) { return open(JsonValue::Kind::object); }
  bool end_object() { return close(); }
  bool start_array(size_t) { return open(JsonValue::Kind::list); }
  bool end_array() { return close(); }

  bool key(std::string& key) {
    Level& level = levels_.back();
    level.twice = !level.keys.insert(key).second;
    if (level.twice) mistakes_.add(reading_.line, pointer() + pointer_step(key), "is given twice");
    level.key = std::move(key);
    return true;
  }

  [[noreturn]] bool parse_error(size_t position, const std::string&, const Json::exception& error) {
    // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while …"
    std::string text = error.what();
    const size_t colon = text.find(": ");
    const size_t bracket = text.find("] ");
    if (colon != std::string::npos) {
      text = text.substr(colon + 2);
    } else if (bracket != std::string::npos) {
      text = text.substr(bracket + 2);
    }
    if (misses_comma(text)) fail(value_end_ + 1, "not JSON: a comma is missing after this value");
    std::string safe = escaped(text);
    fail(position, text::concat("not JSON: ", cut(safe.substr(1, safe.size() - 2), 200)));
  }

  JsonValue root;

 private:
  struct Level {
    JsonValue value;
    std::string key = {};
    bool twice = false;
    std::unordered_set<std::string> keys = {};
  };

  /// True if the parser found a second value where the list or object could only go on or end.
  static bool misses_comma(const std::string& error) {
    const auto says = [&](const char* part) { return error.find(part) != std::string::npos; };
    return (says("; expected '}'") || says("; expected ']'")) &&
           (says(" literal;") || says("unexpected '{'") || says("unexpected '['"));
  }

  /// The line at `at` of the text, and below it a caret at that place. A long line is shortened.
  std::string shown_line(size_t at) const {
    constexpr size_t kWidest = 74;
    const size_t before = at == 0 ? std::string_view::npos : text_.rfind('\n', at - 1);
    size_t start = before == std::string_view::npos ? 0 : before + 1;
    const auto inside = [&](size_t i) {
      return (static_cast<unsigned char>(text_[i]) & 0xC0) == 0x80;
    };
    if (at - start > kWidest - 10) start = at - (kWidest - 10);
    while (start < at && inside(start)) ++start;
    size_t end = std::min({text_.find('\n', at), text_.size(), start + kWidest});
    while (end > at && end < text_.size() && inside(end)) --end;
    std::string line(text_.substr(start, end - start));
    for (char& c : line) {
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
    }
    size_t column = 0;
    for (size_t i = start; i < at; ++i) column += inside(i) ? 0 : 1;
    if (line.find_first_not_of(' ') == std::string::npos) return "";
    try {
      Json(line).dump();
    } catch (const Json::exception&) {
      return "";  // bytes that are not UTF-8 must not reach the terminal
    }
    return text::concat("\n  ", line, "\n  ", std::string(column, ' '), "^");
  }

  [[noreturn]] void fail(size_t position, const std::string& text) const {
    // `position` is the number of characters read, so the last one is at position - 1.
    const size_t at = std::min(text_.size(), position > 0 ? position - 1 : 0);
    const std::string_view before = text_.substr(0, at);
    const auto line = 1 + std::ranges::count(before, '\n');
    const size_t start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
    throw ModelError(
        text::concat(mistakes_.file(), ":", line, ":", at - start + 1, ": ", text, shown_line(at)));
  }

  std::string pointer() const {
    std::string text;
    for (size_t i = 0; i + 1 < levels_.size(); ++i) text += step(levels_[i]);
    return text;
  }
  static std::string step(const Level& level) {
    return level.value.kind == JsonValue::Kind::object
               ? pointer_step(level.key)
               : text::concat("/", level.value.items.size());
  }

  bool open(JsonValue::Kind kind) {
    if (static_cast<int>(levels_.size()) >= kMaxJsonDepth) {
      throw ModelError(text::concat(mistakes_.file(), ":", reading_.line, ": nested more than ",
                                    kMaxJsonDepth, " levels deep"));
    }
    levels_.push_back({.value = {.kind = kind, .line = reading_.line, .members = {}}});
    return true;
  }
  bool close() {
    JsonValue value = std::move(levels_.back().value);
    levels_.pop_back();
    return place(std::move(value));
  }
  bool put(JsonValue value, bool looked_ahead = false) {
    value.line = reading_.line - (looked_ahead && reading_.last == '\n' ? 1 : 0);
    return place(std::move(value), looked_ahead);
  }
  bool place(JsonValue value, bool looked_ahead = false) {
    value_end_ = reading_.position;
    if (looked_ahead && value_end_ < text_.size()) --value_end_;
    if (levels_.empty()) {
      root = std::move(value);
    } else if (Level& level = levels_.back(); level.value.kind == JsonValue::Kind::list) {
      level.value.items.push_back(std::move(value));
    } else if (!level.twice) {
      level.value.members.push_back({level.key, std::move(value)});
    }
    return true;
  }

  const Reading& reading_;
  std::string_view text_;
  Mistakes& mistakes_;
  std::vector<Level> levels_;
  size_t value_end_ = 0;  // the place after the last value
};

Json to_nlohmann(const JsonValue& value) {
  switch (value.kind) {
    case JsonValue::Kind::null:
      return nullptr;
    case JsonValue::Kind::boolean:
      return value.flag;
    case JsonValue::Kind::whole:
      return value.whole;
    case JsonValue::Kind::real:
      return value.number;
    case JsonValue::Kind::text:
      return cut(value.text, 2 * kBriefLength);
    case JsonValue::Kind::list: {
      Json list = Json::array();
      for (const JsonValue& item : value.items) {
        if (list.size() > kBriefLength) break;  // brief() cuts the rest off
        list.push_back(to_nlohmann(item));
      }
      return list;
    }
    case JsonValue::Kind::object:
      return "{...}";
  }
  return nullptr;
}

}  // namespace

std::string JsonValue::brief() const {
  if (kind == Kind::object) return members.empty() ? "{}" : "an object";
  return cut(to_nlohmann(*this).dump(-1, ' ', false, Json::error_handler_t::replace), kBriefLength);
}

std::string quoted_text(std::string_view text) {
  return escaped(cut(std::string(text), kBriefLength));
}

std::string pointer_step(std::string_view key) {
  std::string text = quoted_text(key);
  std::string step = "/";
  for (size_t i = 1; i + 1 < text.size(); ++i) {
    step += text[i] == '~' ? "~0" : text[i] == '/' ? "~1" : std::string(1, text[i]);
  }
  return step;
}

JsonValue read_json(std::string_view text, Mistakes& mistakes) {
  if (text.size() > kMaxJsonBytes) {
    throw ModelError(text::concat(mistakes.file(), ": the file has ", text.size(),
                                  " bytes; a model has at most ", kMaxJsonBytes));
  }
  // The parser takes a NUL for the end of the text.
  if (const size_t nul = text.find('\0'); nul != text.npos) {
    throw ModelError(text::concat(mistakes.file(), ": byte ", nul,
                                  " is a NUL character, which a text does not have; the file is "
                                  "damaged or is not a model"));
  }
  Reading reading;
  Builder builder(reading, text, mistakes);
  Json::sax_parse(CountingIterator(text.data(), &reading),
                  CountingIterator(text.data() + text.size(), &reading), &builder);
  return std::move(builder.root);
}

}  // namespace autonet::internal
