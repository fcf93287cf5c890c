#include "models/key.h"

#include <utility>

#include "autonet/text/concat.h"

namespace autonet::internal {

using Kind = Key::Kind;

Key Key::as_required() const {
  Key key = *this;
  key.required = true;
  return key;
}

Key flag_key(const std::string& name, const std::string& doc, const std::string& fallback) {
  return {.name = name, .kind = Kind::flag, .doc = doc, .fallback = fallback};
}

Key whole_key(const std::string& name, const std::string& doc, const Range& range,
              const std::string& fallback) {
  return {.name = name, .kind = Kind::whole, .doc = doc, .fallback = fallback, .range = range};
}

Key number_key(const std::string& name, const std::string& doc, const Range& range,
               const std::string& fallback) {
  return {.name = name, .kind = Kind::number, .doc = doc, .fallback = fallback, .range = range};
}

Key choice_key(const std::string& name, const std::string& doc, std::vector<std::string> choices,
               const std::string& fallback) {
  Key key{.name = name, .kind = Kind::choice, .doc = doc, .fallback = fallback};
  key.choices = std::move(choices);
  return key;
}

Key type_key(const std::string& noun) {
  Key key{.name = "type", .kind = Kind::text, .doc = text::concat("which ", noun, " it is")};
  return key.as_required();
}

Key object_key(const std::string& name, const std::string& doc, std::vector<Key> keys) {
  Key key{.name = name, .kind = Kind::object, .doc = doc};
  key.types = {{.name = name, .doc = doc, .keys = std::move(keys)}};
  return key;
}

Key tagged_key(const std::string& name, const std::string& doc, std::vector<ObjectType> types) {
  for (ObjectType& type : types) type.keys.insert(type.keys.begin(), type_key(name));
  Key key{.name = name, .kind = Kind::tagged, .doc = doc};
  key.fallback = text::concat('"', types.at(0).name, '"');
  key.types = std::move(types);
  return key;
}

}  // namespace autonet::internal
