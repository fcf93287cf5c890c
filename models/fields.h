#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "autograd/shape.h"
#include "models/init.h"
#include "models/json_value.h"

namespace autonet {

struct Key;

/// A kind of object: what it is, and its keys. `name` is what "type" says, where there is one.
struct ObjectType {
  std::string name;
  std::string doc;
  std::vector<Key> keys;
};

/// A key of an object in model.json. The tables of keys drive everything that is said of the
/// format: reading with all its errors, the JSON Schema and the suggestions.
struct Key {
  enum class Kind {
    flag,      // true or false -> bool
    whole,     // a whole number in [low, high] -> Index
    number,    // a number in [low, high] (or (low, high), by `open`) -> double
    text,      // -> std::string
    name,      // letters, digits, _ . - and not "input" -> std::string
    choice,    // one of `choices` -> std::string
    extent,    // a whole number, or [rows, cols] of them -> Extent
    padding,   // see Padding
    init,      // see Init: "he", or {"normal": 0.1}
    names,     // a list of names of layers -> std::vector<std::string>
    lengths,   // a list of whole numbers -> std::vector<Index>
    object,    // an object of type types[0] -> FieldsPtr
    tagged,    // an object that "type" tells to be one of `types`, or just that name -> FieldsPtr
    tag_list,  // a list of such objects, never just names -> std::vector<FieldsPtr>
  };

  std::string name;
  Kind kind = Kind::text;
  std::string doc;            // what it sets, in half a sentence
  std::string fallback = {};  // the value where the key is absent, as JSON; empty: none
  bool required = false;
  double low = 0.0;
  double high = 0.0;
  bool open = false;
  std::vector<std::string> choices = {};
  std::vector<ObjectType> types = {};
};

/// A size in rows and columns.
using Extent = std::array<Index, 2>;

/// The margins of a window: zeros around the image, negative to cut.
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

/// An object that was read: a value for every key that was given or has a fallback.
struct Fields {
  std::string type;  // ObjectType::name
  std::string pointer;
  int line = 1;
  bool good = true;  // nothing in it was wrong
  std::map<std::string, FieldValue, std::less<>> values;
  std::map<std::string, int, std::less<>> lines;  // of the keys that stand in the file

  bool has(std::string_view key) const { return values.find(key) != values.end(); }
  /// The value of a key; throws Error if it has none or one of another kind.
  template <typename T>
  const T& get(std::string_view key) const;
  Index whole(std::string_view key) const { return get<Index>(key); }
  const std::string& text(std::string_view key) const { return get<std::string>(key); }
  bool flag(std::string_view key) const { return get<bool>(key); }
  double number(std::string_view key) const { return get<double>(key); }

  /// Adds a mistake about a key: at its own line and pointer, or at the object's if it is absent.
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

/// Reads an object as `type`, adding every mistake. Always returns; what was wrong is absent.
FieldsPtr read_fields(const JsonValue& value, const std::string& pointer, const ObjectType& type,
                      Mistakes& mistakes);

/// True if `name` may name a layer: 1 to 64 of [A-Za-z0-9_.-], the first no "." or "-".
bool is_layer_name(std::string_view name);

}  // namespace autonet
