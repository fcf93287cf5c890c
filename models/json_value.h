#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "models/mistakes.h"

namespace autonet {

struct JsonMember;

/// A JSON value that knows its line.
struct JsonValue {
  enum class Kind { null, boolean, whole, real, text, list, object };

  Kind kind = Kind::null;
  int line = 1;
  bool flag = false;
  std::int64_t whole = 0;  // Kind::whole
  double number = 0.0;     // Kind::whole and Kind::real
  std::string text;
  std::vector<JsonValue> items;
  std::vector<JsonMember> members;  // in the order of the file, no key twice

  bool is_number() const { return kind == Kind::whole || kind == Kind::real; }
  /// As JSON on one line for an error's "got …", cut where it gets long.
  std::string brief() const;
};

struct JsonMember {
  std::string key;
  JsonValue value;
};

/// Largest model file and deepest nesting that is read.
constexpr size_t kMaxJsonBytes = size_t{1} << 20;
constexpr int kMaxJsonDepth = 32;

/// Reads a text as JSON (RFC 8259, no comments). Keys given twice are added to `mistakes`, the
/// first one counts. Throws ModelError `FILE:LINE:COLUMN: …` where the text is not JSON, not UTF-8,
/// larger than kMaxJsonBytes or deeper than kMaxJsonDepth.
JsonValue read_json(std::string_view text, Mistakes& mistakes);

/// `key` as one step of a JSON pointer, "/" included; control characters escaped, long keys cut.
std::string pointer_step(std::string_view key);

/// A text in double quotes on one line, as JSON writes it, cut where it gets long.
std::string quoted_text(std::string_view text);

}  // namespace autonet
