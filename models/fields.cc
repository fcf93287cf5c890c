#include "models/fields.h"

#include <algorithm>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "models/value_reader.h"
#include "text/suggest.h"

namespace autonet::internal {
namespace {

const Key* find_key(const ObjectType& type, const std::string& name) {
  const auto found = std::ranges::find(type.keys, name, &Key::name);
  return found == type.keys.end() ? nullptr : &*found;
}

FieldValue fallback_of(const Key& key) {
  Mistakes mistakes(text::concat("the fallback of \"", key.name, "\""));
  const JsonValue value = read_json(key.fallback, mistakes);
  std::optional<FieldValue> read = read_value(value, "", key, mistakes);
  mistakes.throw_if_any();
  return *read;
}

}  // namespace

void throw_missing_field(std::string_view type, std::string_view key) {
  throw Error(text::concat("model: \"", type, "\" has no value of this type for \"", key, "\""));
}

bool is_layer_name(std::string_view name) {
  constexpr size_t kLongest = 64;
  if (name.empty() || name.size() > kLongest) return false;
  for (size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool inner = c == '.' || c == '-';
    if (!letter && !(c >= '0' && c <= '9') && c != '_' && !(inner && i > 0)) return false;
  }
  return true;
}

void Fields::mistake(Mistakes& mistakes, std::string_view key, const std::string& text) const {
  const auto found = lines.find(key);
  if (found == lines.end()) {
    mistakes.add(line, pointer, key.empty() ? text : text::concat("\"", key, "\" ", text));
  } else {
    mistakes.add(found->second, pointer + pointer_step(key), text);
  }
}

FieldsPtr read_fields(const JsonValue& object, const std::string& pointer, const ObjectType& type,
                      Mistakes& mistakes) {
  auto fields = std::make_shared<Fields>();
  fields->type = type.name;
  fields->pointer = pointer;
  fields->line = object.line;
  const size_t before = mistakes.size();
  if (object.kind != JsonValue::Kind::object) {
    mistakes.add(object.line, pointer, text::concat("must be an object, got ", object.brief()));
    fields->good = false;
    return fields;
  }
  for (const JsonMember& member : object.members) {
    const std::string here = pointer + pointer_step(member.key);
    const Key* key = find_key(type, member.key);
    if (key == nullptr) {
      mistakes.add(
          member.value.line, here,
          text::concat("unknown key", text::did_you_mean(member.key, names_of(type.keys))));
      continue;
    }
    fields->lines[member.key] = member.value.line;
    if (auto value = read_value(member.value, here, *key, mistakes)) {
      fields->values[member.key] = std::move(*value);
    }
  }
  for (const Key& key : type.keys) {
    if (fields->in_file(key.name)) continue;
    if (key.required) {
      mistakes.add(object.line, pointer, text::concat("\"", key.name, "\" is missing: ", key.doc));
    } else if (!key.fallback.empty()) {
      fields->values[key.name] = fallback_of(key);
    }
  }
  fields->good = mistakes.size() == before;
  return fields;
}

}  // namespace autonet::internal
