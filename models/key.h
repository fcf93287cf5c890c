#pragma once

#include <string>
#include <vector>

namespace autonet::internal {

struct Key;

/// A type of JSON object and its keys.
struct ObjectType {
  std::string name;  // the value of "type" where several types of object are allowed
  std::string doc;
  std::vector<Key> keys;
};

/// The numbers that a value may have.
struct Range {
  double low = 0.0;
  double high = 0.0;
  bool open = false;  // without the ends themselves
};

/// The numbers from `low` to `high`, both included.
inline Range within(double low, double high) {
  return {.low = low, .high = high};
}
/// The numbers between `low` and `high`, both excluded.
inline Range strictly_within(double low, double high) {
  return {.low = low, .high = high, .open = true};
}

/// A key of an object in model.json. The reader and its error texts, the JSON Schema and the
/// suggestions for misspelt names all work from tables of keys.
struct Key {
  /// What the value is in JSON, and the type that the reader makes of it.
  enum class Kind {
    flag,      // true or false -> bool
    whole,     // a whole number -> Index
    number,    // a number -> double
    text,      // a string -> std::string
    name,      // the name of a layer or model, see is_layer_name() -> std::string
    choice,    // one of `choices` -> std::string
    extent,    // a whole number, or [rows, columns] -> Extent
    padding,   // see Padding
    init,      // see Init: "he", or {"normal": 0.1}
    names,     // a list of names of layers -> std::vector<std::string>
    texts,     // a string, or a list of different strings -> std::vector<std::string>
    classes,   // a whole number -> Index, or a list of different strings
    lengths,   // a list of whole numbers -> std::vector<Index>
    object,    // an object of type types[0] -> FieldsPtr
    tagged,    // an object whose "type" names one of `types`, or only that name -> FieldsPtr
    tag_list,  // a list of objects with a "type" (never only names) -> std::vector<FieldsPtr>
  };

  std::string name;
  Kind kind = Kind::text;
  std::string doc;            // what it sets, as a phrase without a full stop
  std::string fallback = {};  // JSON text of the value where the key is absent; empty: no value
  bool required = false;
  Range range = {};  // of whole, number, extent, padding and lengths
  std::vector<std::string> choices = {};
  std::vector<ObjectType> types = {};

  /// A copy that must be present in its object.
  Key as_required() const;
};

Key flag_key(const std::string& name, const std::string& doc, const std::string& fallback);
Key whole_key(const std::string& name, const std::string& doc, const Range& range,
              const std::string& fallback = "");
Key number_key(const std::string& name, const std::string& doc, const Range& range,
               const std::string& fallback = "");
Key choice_key(const std::string& name, const std::string& doc, std::vector<std::string> choices,
               const std::string& fallback = "");

/// "type", which tells which `noun` an object is.
Key type_key(const std::string& noun);

/// A key that holds an object with these keys of its own.
Key object_key(const std::string& name, const std::string& doc, std::vector<Key> keys);

/// A key that holds an object of one of `types`, each of which gets the key "type" as its first.
/// The first type is the default.
Key tagged_key(const std::string& name, const std::string& doc, std::vector<ObjectType> types);

/// The names of the rows of a table.
template <typename Table>
std::vector<std::string> names_of(const Table& table) {
  std::vector<std::string> names;
  names.reserve(std::size(table));
  for (const auto& row : table) names.emplace_back(row.name);
  return names;
}

}  // namespace autonet::internal
