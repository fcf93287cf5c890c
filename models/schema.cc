#include "models/schema.h"

#include <nlohmann/json.hpp>

#include "models/format.h"
#include "models/initialize.h"
#include "models/value_reader.h"

namespace autonet::internal {
namespace {

using Json = nlohmann::ordered_json;

/// A number of the table, without a decimal point if it is whole.
Json number(double value) {
  return value == static_cast<double>(static_cast<Index>(value)) ? Json(static_cast<Index>(value))
                                                                 : Json(value);
}

Json bounds(const Key& key, const char* type) {
  Json schema = {{"type", type}};
  schema[key.range.open ? "exclusiveMinimum" : "minimum"] = number(key.range.low);
  schema[key.range.open ? "exclusiveMaximum" : "maximum"] = number(key.range.high);
  return schema;
}

Json list_of(const Json& item, size_t least, size_t most) {
  return {{"type", "array"}, {"items", item}, {"minItems", least}, {"maxItems", most}};
}

Json init_schema() {
  Json object = {{"type", "object"}, {"minProperties", 1}, {"maxProperties", 1}};
  Json names = Json::array();
  for (const InitType& row : init_table()) {
    const Range scale = within(row.lowest_scale, kLargestScale);
    object["properties"][row.name] = bounds(number_key(row.name, "", scale), "number");
    if (!row.needs_scale) names.push_back(row.name);
  }
  object["additionalProperties"] = false;
  return {{"oneOf", Json::array({{{"enum", names}}, object})}};
}

Json value_schema(const Key& key);

Json object_schema(const ObjectType& type) {
  Json schema = {{"type", "object"}, {"description", type.doc}, {"properties", Json::object()}};
  for (const Key& key : type.keys) {
    Json value = value_schema(key);
    if (key.name == "type") value = {{"const", type.name}};
    value["description"] = key.doc;
    if (!key.fallback.empty()) value["default"] = Json::parse(key.fallback);
    schema["properties"][key.name] = value;
    if (key.required) schema["required"].push_back(key.name);
  }
  schema["additionalProperties"] = false;
  return schema;
}

/// One of several types of object, which "type" tells apart. It is a list of `if` and `then` rather
/// than `oneOf`, because editors complete inside an `if` but not in a choice among twenty objects.
Json tagged_schema(const Key& key) {
  Json branches = Json::array();
  for (const ObjectType& type : key.types) {
    const Json is_type = {{"properties", {{"type", {{"const", type.name}}}}},
                          {"required", Json::array({"type"})}};
    branches.push_back({{"if", is_type}, {"then", object_schema(type)}});
  }
  return {{"type", "object"},
          {"properties", {{"type", {{"enum", names_of(key.types)}}}}},
          {"required", Json::array({"type"})},
          {"allOf", branches}};
}

Json value_schema(const Key& key) {
  static constexpr const char* kName = "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$";
  switch (key.kind) {
    case Key::Kind::flag:
      return {{"type", "boolean"}};
    case Key::Kind::whole:
      return bounds(key, "integer");
    case Key::Kind::number:
      return bounds(key, "number");
    case Key::Kind::text:
      return {{"type", "string"}};
    case Key::Kind::name:
      return {{"type", "string"}, {"pattern", kName}, {"not", {{"const", "input"}}}};
    case Key::Kind::choice:
      return {{"enum", key.choices}};
    case Key::Kind::extent: {
      const Json one = bounds(key, "integer");
      return {{"oneOf", Json::array({one, list_of(one, 2, 2)})}};
    }
    case Key::Kind::padding: {
      const Json one = bounds(key, "integer");
      const Json two = list_of(one, 2, 2);
      return {
          {"oneOf", Json::array({one, two, list_of(two, 2, 2), {{"enum", {"same", "valid"}}}})}};
    }
    case Key::Kind::init:
      return init_schema();
    case Key::Kind::names:
      return list_of({{"type", "string"}, {"pattern", kName}}, 1, 64);
    case Key::Kind::texts:
    case Key::Kind::classes: {
      const Json one =
          key.kind == Key::Kind::classes ? bounds(key, "integer") : Json{{"type", "string"}};
      Json list = list_of({{"type", "string"}, {"minLength", 1}}, 1, kMostTexts);
      list["uniqueItems"] = true;
      return {{"oneOf", Json::array({one, list})}};
    }
    case Key::Kind::lengths:
      return list_of(bounds(key, "integer"), 1, 4);
    case Key::Kind::object:
      return object_schema(key.types.at(0));
    case Key::Kind::tagged:
      return {{"oneOf", Json::array({{{"enum", names_of(key.types)}}, tagged_schema(key)})}};
    case Key::Kind::tag_list:
      return list_of(tagged_schema(key), 1, 10000);
  }
  return {};
}

}  // namespace

std::string model_schema() {
  Json schema = {{"$schema", "http://json-schema.org/draft-07/schema#"}, {"title", "model.json"}};
  schema.update(object_schema(model_format()));
  return schema.dump(2) + "\n";
}

}  // namespace autonet::internal
