#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "autonet/autograd/shape.h"
#include "autonet/models/init.h"
#include "models/json_value.h"
#include "models/key.h"

namespace autonet::internal {

/// A size in rows and columns.
using Extent = std::array<Index, 2>;

/// The margins of a window: zeros around the image. A negative margin cuts the image.
struct Padding {
  enum class Type { margins, same, valid };
  Type type = Type::valid;
  std::array<Index, 2> rows{};  // Type::margins: top, bottom
  std::array<Index, 2> cols{};  // left, right
};

struct Fields;
using FieldsPtr = std::shared_ptr<const Fields>;
using FieldValue =
    std::variant<bool, Index, double, std::string, Extent, Padding, Init, std::vector<std::string>,
                 std::vector<Index>, FieldsPtr, std::vector<FieldsPtr>>;

/// An object as it was read: a value for every key that is present or has a fallback.
struct Fields {
  std::string type;  // ObjectType::name
  std::string pointer;
  int line = 1;
  bool good = true;  // false if anything in the object was wrong
  std::map<std::string, FieldValue, std::less<>> values;
  std::map<std::string, int, std::less<>> lines;  // of the keys that are in the file

  bool has(std::string_view key) const { return values.find(key) != values.end(); }
  bool in_file(std::string_view key) const { return lines.find(key) != lines.end(); }
  /// The value of a key. Throws Error if it has none, or one of another type.
  template <typename T>
  const T& get(std::string_view key) const;
  Index whole(std::string_view key) const { return get<Index>(key); }
  const std::string& text(std::string_view key) const { return get<std::string>(key); }
  bool flag(std::string_view key) const { return get<bool>(key); }
  double number(std::string_view key) const { return get<double>(key); }
  const Fields& object(std::string_view key) const { return *get<FieldsPtr>(key); }
  /// Sets `target` to the value of a key that has one.
  template <typename T>
  void read(std::string_view key, T& target) const {
    if (has(key)) target = get<T>(key);
  }

  /// Adds a mistake about a key, at its line and pointer; about a key that is not in the file (or
  /// ""), at those of the object.
  void mistake(Mistakes& mistakes, std::string_view key, const std::string& text) const;
};

[[noreturn]] void throw_missing_field(std::string_view type, std::string_view key);

template <typename T>
const T& Fields::get(std::string_view key) const {
  const auto found = values.find(key);
  if (found == values.end() || !std::holds_alternative<T>(found->second)) {
    throw_missing_field(type, key);
  }
  return std::get<T>(found->second);
}

/// Reads an object as `type` and adds every mistake. The result is never null; it has no value for
/// a key that was wrong.
FieldsPtr read_fields(const JsonValue& value, const std::string& pointer, const ObjectType& type,
                      Mistakes& mistakes);

/// True if `name` may be the name of a layer or model: 1 to 64 of [A-Za-z0-9_.-], not starting with
/// "." or "-".
bool is_layer_name(std::string_view name);

}  // namespace autonet::internal
