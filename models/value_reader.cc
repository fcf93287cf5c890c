#include "models/value_reader.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "autonet/text/concat.h"
#include "models/initialize.h"
#include "text/numbers.h"
#include "text/suggest.h"

namespace autonet::internal {
namespace {

using Result = std::optional<FieldValue>;
using JsonKind = JsonValue::Kind;

/// Reads one value: holds what all functions below need.
struct Reader {
  const JsonValue& value;
  const std::string& pointer;
  const Key& key;
  Mistakes& mistakes;

  std::nullopt_t fail(const std::string& text) const {
    mistakes.add(value.line, pointer, text);
    return std::nullopt;
  }
  std::nullopt_t must_be(const std::string& what) const {
    return fail(text::concat("must be ", what, ", got ", value.brief()));
  }
  std::nullopt_t unknown(const std::string& noun, const std::string& name,
                         const std::vector<std::string>& known) const {
    return fail(
        text::concat("unknown ", noun, " ", quoted_text(name), text::did_you_mean(name, known)));
  }
  Reader inner(const JsonValue& item, const std::string& at) const {
    return {item, at, key, mistakes};
  }

  bool in_range(double number) const {
    const auto& [low, high, open] = key.range;
    if (open ? number <= low : number < low) {
      must_be((open ? "above " : "at least ") + text::significant(low, 16));
      return false;
    }
    if (open ? number >= high : number > high) {
      must_be((open ? "below " : "at most ") + text::significant(high, 16));
      return false;
    }
    return true;
  }

  std::optional<Index> whole(const char* what = "a whole number") const {
    if (value.kind == JsonKind::real && std::abs(value.number) > 9e15 &&
        value.number == std::trunc(value.number)) {
      if (in_range(value.number)) must_be(what);
      return std::nullopt;
    }
    if (value.kind != JsonKind::whole) return must_be(what);
    if (!in_range(value.number)) return std::nullopt;
    return value.whole;
  }

  Result number() const {
    if (!value.is_number()) return must_be("a number");
    if (!in_range(value.number)) return std::nullopt;
    return value.number;
  }

  Result choice() const {
    if (value.kind != JsonKind::text) return must_be("one of " + text::listed(key.choices));
    if (std::ranges::find(key.choices, value.text) != key.choices.end()) return value.text;
    return unknown(key.name, value.text, key.choices);
  }

  /// Two whole numbers, or nothing and a mistake.
  std::optional<Extent> pair(const char* what) const {
    if (value.kind != JsonKind::list || value.items.size() != 2) return must_be(what);
    Extent numbers{};
    bool good = true;
    for (size_t i = 0; i < 2; ++i) {
      const auto number = inner(value.items[i], text::concat(pointer, "/", i)).whole();
      good = good && number.has_value();
      numbers[i] = number.value_or(0);
    }
    return good ? std::optional(numbers) : std::nullopt;
  }

  /// Two whole numbers, or one that stands for both.
  std::optional<Extent> extent(const char* what = "a whole number or [rows, columns]") const {
    if (value.kind == JsonKind::list) return pair(what);
    const auto one = whole(what);
    return one ? std::optional(Extent{*one, *one}) : std::nullopt;
  }

  Result padding() const {
    constexpr const char* kWhat =
        "a whole number, [rows, columns], [[top, bottom], [left, right]], \"same\" or \"valid\"";
    using Type = Padding::Type;
    if (value.kind == JsonKind::text) {
      if (value.text != "same" && value.text != "valid") return must_be(kWhat);
      return Padding{.type = value.text == "same" ? Type::same : Type::valid};
    }
    const auto is_list = [](const JsonValue& item) { return item.kind == JsonKind::list; };
    if (value.items.size() != 2 || std::ranges::none_of(value.items, is_list)) {
      const auto both = extent(kWhat);
      if (!both) return std::nullopt;
      const auto [rows, cols] = *both;
      return Padding{.type = Type::margins, .rows = {rows, rows}, .cols = {cols, cols}};
    }
    const auto rows = inner(value.items[0], pointer + "/0").pair("[top, bottom]");
    const auto cols = inner(value.items[1], pointer + "/1").pair("[left, right]");
    if (!rows || !cols) return std::nullopt;
    return Padding{.type = Type::margins, .rows = *rows, .cols = *cols};
  }

  Result init() const {
    if (value.kind != JsonKind::text && value.kind != JsonKind::object) {
      return must_be(R"(a name ("he") or an object ({"normal": 0.1}))");
    }
    if (value.kind == JsonKind::object && value.members.size() != 1) {
      return fail(text::concat(R"(must have exactly one key, like {"normal": 0.1}, got )",
                               value.members.size()));
    }
    const bool named = value.kind == JsonKind::text;
    const std::string& name = named ? value.text : value.members[0].key;
    const auto table = init_table();
    const auto found = std::ranges::find(table, name, &InitType::name);
    if (found == table.end()) {
      return unknown("initialiser", name, names_of(table));
    }
    Init init{static_cast<Init::Type>(found - table.begin()), 1.0};
    if (named) {
      if (!found->needs_scale) return init;
      return fail(text::concat("\"", name, "\" needs a number: {\"", name, "\": 0.1}"));
    }
    const Key scale = number_key(name, "", within(found->lowest_scale, kLargestScale));
    const JsonValue& number = value.members[0].value;
    if (!read_value(number, pointer + pointer_step(name), scale, mistakes)) return std::nullopt;
    init.scale = number.number;
    return init;
  }

  Result name_list() const {
    if (value.kind != JsonKind::list) return must_be("a list of names of layers");
    std::vector<std::string> names;
    for (const JsonValue& item : value.items) {
      if (item.kind != JsonKind::text) {
        return inner(item, text::concat(pointer, "/", names.size())).must_be("the name of a layer");
      }
      names.push_back(item.text);
    }
    return names;
  }

  /// A list of different strings. `what` says in errors what the value must be.
  Result texts(const char* what) const {
    const auto good = [](const JsonValue& item) {
      return item.kind == JsonKind::text && !item.text.empty() &&
             item.text.find('\0') == std::string::npos;
    };
    std::vector<std::string> list;
    if (value.kind == JsonKind::text && key.kind == Key::Kind::texts && good(value)) {
      list.push_back(value.text);
      return list;
    }
    if (value.kind != JsonKind::list) return must_be(what);
    if (value.items.empty() || value.items.size() > kMostTexts) {
      return fail(
          text::concat("must have 1 to ", kMostTexts, " entries, got ", value.items.size()));
    }
    std::set<std::string> seen;
    for (const JsonValue& item : value.items) {
      const std::string at = text::concat(pointer, "/", list.size());
      const Reader entry = inner(item, at);
      if (!good(item)) return entry.must_be("a string that is not empty");
      if (!seen.insert(item.text).second)
        return entry.fail(text::concat(quoted_text(item.text), " occurs twice"));
      list.push_back(item.text);
    }
    return list;
  }

  Result length_list() const {
    if (value.kind != JsonKind::list) return must_be("a list of whole numbers");
    std::vector<Index> lengths;
    for (const JsonValue& item : value.items) {
      const auto length = inner(item, text::concat(pointer, "/", lengths.size())).whole();
      if (!length) return std::nullopt;
      lengths.push_back(*length);
    }
    return lengths;
  }

  /// The type that `tag` names, as a row of key.types, or null and a mistake. `noun` says in errors
  /// what the types are types of: "layer".
  const ObjectType* tagged_type(const JsonValue& tag, const std::string& at,
                                const std::string& noun) const {
    if (tag.kind != JsonKind::text) {
      inner(tag, at).must_be(text::concat("the name of a ", noun));
      return nullptr;
    }
    const auto found = std::ranges::find(key.types, tag.text, &ObjectType::name);
    if (found != key.types.end()) return &*found;
    inner(tag, at).unknown(noun, tag.text, names_of(key.types));
    return nullptr;
  }

  /// The fields of an object that "type" tells to be one of key.types (or, with `bare_name`, of one
  /// that is given by its type's name alone), or null and a mistake.
  FieldsPtr tagged(const std::string& noun, bool bare_name) const {
    if (value.kind == JsonKind::text && bare_name) {
      const ObjectType* type = tagged_type(value, pointer, noun);
      if (type == nullptr) return nullptr;
      JsonValue object;  // as if it were {"type": the name}
      object.kind = JsonKind::object;
      object.line = value.line;
      object.members.push_back({"type", value});
      return read_fields(object, pointer, *type, mistakes);
    }
    if (value.kind != JsonKind::object) {
      must_be(bare_name ? text::concat("the name of a ", noun, " or an object") : "an object");
      return nullptr;
    }
    const auto tag = std::ranges::find(value.members, "type", &JsonMember::key);
    if (tag == value.members.end()) {
      fail(text::concat("\"type\" is missing: which ", noun, " it is"));
      return nullptr;
    }
    const ObjectType* type = tagged_type(tag->value, pointer + "/type", noun);
    return type == nullptr ? nullptr : read_fields(value, pointer, *type, mistakes);
  }

  /// The name alone of a layer whose type is unknown, so that other layers can refer to it.
  static FieldsPtr name_alone(const JsonValue& item, const std::string& at) {
    auto fields = std::make_shared<Fields>();
    fields->pointer = at;
    fields->line = item.line;
    fields->good = false;
    const auto name = std::ranges::find(item.members, "name", &JsonMember::key);
    if (name != item.members.end() && is_layer_name(name->value.text)) {
      fields->lines["name"] = name->value.line;
      fields->values["name"] = name->value.text;
    }
    return fields;
  }

  Result tag_list() const {
    if (value.kind != JsonKind::list) return must_be("a list");
    constexpr size_t kMost = 10000;
    if (value.items.empty() || value.items.size() > kMost) {
      return fail(text::concat("must have 1 to ", kMost, " entries, got ", value.items.size()));
    }
    std::vector<FieldsPtr> list;
    for (const JsonValue& item : value.items) {
      const std::string at = text::concat(pointer, "/", list.size());
      FieldsPtr fields = inner(item, at).tagged("layer", false);
      list.push_back(fields ? fields : name_alone(item, at));
    }
    return list;
  }
};

}  // namespace

std::optional<FieldValue> read_value(const JsonValue& value, const std::string& pointer,
                                     const Key& key, Mistakes& mistakes) {
  const Reader reader{value, pointer, key, mistakes};
  switch (key.kind) {
    case Key::Kind::flag:
      if (value.kind != JsonKind::boolean) return reader.must_be("true or false");
      return value.flag;
    case Key::Kind::whole:
      return reader.whole();
    case Key::Kind::number:
      return reader.number();
    case Key::Kind::text:
      if (value.kind != JsonKind::text) return reader.must_be("a string");
      if (value.text.find('\0') != std::string::npos)
        return reader.must_be("a string without NUL characters");
      return value.text;
    case Key::Kind::name:
      if (value.kind != JsonKind::text || !is_layer_name(value.text)) {
        return reader.must_be(
            "1 to 64 letters, digits, \"_\", \".\" or \"-\", not starting with \".\" or \"-\"");
      }
      if (value.text == "input")
        return reader.fail("\"input\" is the name of the image; choose another");
      return value.text;
    case Key::Kind::choice:
      return reader.choice();
    case Key::Kind::extent:
      return reader.extent();
    case Key::Kind::padding:
      return reader.padding();
    case Key::Kind::init:
      return reader.init();
    case Key::Kind::names:
      return reader.name_list();
    case Key::Kind::texts:
      return reader.texts("a name or a list of names");
    case Key::Kind::classes:
      if (value.kind == JsonKind::list) return reader.texts("a list of names");
      return reader.whole("a whole number or a list of names");
    case Key::Kind::lengths:
      return reader.length_list();
    case Key::Kind::object:
      return read_fields(value, pointer, key.types.at(0), mistakes);
    case Key::Kind::tagged:
      if (FieldsPtr fields = reader.tagged(key.name, true)) return fields;
      return std::nullopt;
    case Key::Kind::tag_list:
      return reader.tag_list();
  }
  return std::nullopt;
}

}  // namespace autonet::internal
