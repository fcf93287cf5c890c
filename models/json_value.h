#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "models/mistakes.h"

namespace autonet::internal {

struct JsonMember;

/// A JSON value with the line of the file that it is on.
struct JsonValue {
  enum class Kind { null, boolean, whole, real, text, list, object };

  Kind kind = Kind::null;
  int line = 1;
  bool flag = false;
  std::int64_t whole = 0;  // Kind::whole
  double number = 0.0;     // Kind::whole and Kind::real
  std::string text = {};
  std::vector<JsonValue> items = {};
  std::vector<JsonMember> members;  // in the order of the file; each key occurs once

  bool is_number() const { return kind == Kind::whole || kind == Kind::real; }
  /// As JSON on one line, for an error's "got …". Long values are shortened.
  std::string brief() const;
};

struct JsonMember {
  std::string key;
  JsonValue value;
};

/// The largest model file and the deepest nesting that read_json accepts.
constexpr size_t kMaxJsonBytes = size_t{1} << 20;
constexpr int kMaxJsonDepth = 32;

/// Reads a text as JSON (RFC 8259, without comments). A key that an object has twice is added to
/// `mistakes`, and its first value is kept. Throws ModelError `FILE:LINE:COLUMN: …` if the text is
/// not JSON, not UTF-8, larger than kMaxJsonBytes or nested deeper than kMaxJsonDepth.
JsonValue read_json(std::string_view text, Mistakes& mistakes);

/// `key` as one step of a JSON pointer (RFC 6901), with its "/". Control characters are escaped,
/// long keys shortened.
std::string pointer_step(std::string_view key);

/// A text as a JSON string on one line. Long texts are shortened.
std::string quoted_text(std::string_view text);

}  // namespace autonet::internal
