#include "models/set_values.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "text/suggest.h"

namespace autonet::internal {
namespace {

using Json = nlohmann::ordered_json;

/// A setting whose path leads nowhere.
struct PathMistake {
  std::string pointer;
  std::string text;
};

std::vector<std::string> steps_of(std::string_view path) {
  const char separator = path.starts_with('/') ? '/' : '.';
  if (separator == '/') path.remove_prefix(1);
  std::vector<std::string> steps;
  for (size_t at = 0; at <= path.size();) {
    const size_t end = std::min(path.find(separator, at), path.size());
    steps.emplace_back(path.substr(at, end - at));
    if (steps.back().empty()) throw PathMistake{"", "the path has an empty step"};
    at = end + 1;
  }
  return steps;
}

std::string name_of(const JsonValue& item) {
  for (const JsonMember& member : item.members) {
    if (member.key == "name" && member.value.kind == JsonValue::Kind::text) {
      return member.value.text;
    }
  }
  return "";
}

JsonValue& item_at(JsonValue& list, const std::string& step, const std::string& pointer) {
  std::vector<std::string> names;
  for (JsonValue& item : list.items) {
    names.push_back(name_of(item));
    if (!step.empty() && names.back() == step) return item;
  }
  size_t index = 0;
  const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
  if (error == std::errc() && end == step.data() + step.size()) {
    if (index < list.items.size()) return list.items[index];
    throw PathMistake{pointer, text::concat("has ", list.items.size(),
                                            " elements, counted from 0: there is no ", step)};
  }
  std::erase(names, "");
  throw PathMistake{pointer,
                    text::concat("has no element named ", quoted_text(step),
                                 names.empty() ? std::string("; give its number, counted from 0")
                                               : text::did_you_mean(step, names))};
}

/// The value that a path leads to, made if it is missing.
JsonValue& value_at(JsonValue& root, const std::vector<std::string>& steps, int line) {
  JsonValue* at = &root;
  std::string pointer;
  for (const std::string& step : steps) {
    if (at->kind == JsonValue::Kind::list) {
      at = &item_at(*at, step, pointer);
    } else if (at->kind == JsonValue::Kind::object) {
      auto member = std::ranges::find(at->members, step, &JsonMember::key);
      if (member == at->members.end()) {
        JsonValue empty{.kind = JsonValue::Kind::object, .line = line, .members = {}};
        member = at->members.insert(member, {step, std::move(empty)});
      }
      at = &member->value;
    } else {
      throw PathMistake{pointer, text::concat("is ", at->brief(), ", which has no ", step)};
    }
    pointer += pointer_step(step);
  }
  return *at;
}

void set_lines(JsonValue& value, int line) {
  value.line = line;
  for (JsonValue& item : value.items) set_lines(item, line);
  for (JsonMember& member : value.members) set_lines(member.value, line);
}

JsonValue value_of(const std::string& text) {
  try {
    Mistakes mistakes("");
    JsonValue value = read_json(text, mistakes);
    if (mistakes.empty()) return value;
  } catch (const ModelError&) {  // not JSON
  }
  return {.kind = JsonValue::Kind::text, .text = text, .members = {}};
}

Json to_json(const JsonValue& value) {
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
      return value.text;
    case JsonValue::Kind::list: {
      Json list = Json::array();
      for (const JsonValue& item : value.items) list.push_back(to_json(item));
      return list;
    }
    case JsonValue::Kind::object: {
      Json object = Json::object();
      for (const JsonMember& member : value.members) object[member.key] = to_json(member.value);
      return object;
    }
  }
  return nullptr;
}

}  // namespace

void set_values(JsonValue& root, std::span<const std::string> settings, Mistakes& mistakes) {
  for (const std::string& setting : settings) {
    const int line = mistakes.set_line(setting);
    const size_t equals = setting.find('=');
    if (equals == std::string::npos || equals == 0) {
      mistakes.add(line, "", "must be PATH=VALUE, as in training.epochs=12");
      continue;
    }
    try {
      JsonValue& target = value_at(root, steps_of(setting.substr(0, equals)), line);
      target = value_of(setting.substr(equals + 1));
      set_lines(target, line);
    } catch (const PathMistake& mistake) {
      mistakes.add(line, mistake.pointer, mistake.text);
    }
  }
}

std::string json_text(const JsonValue& value) {
  const Json json = to_json(value);
  const std::string text = json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  return text.size() <= kMaxJsonBytes ? text
                                      : json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace autonet::internal
