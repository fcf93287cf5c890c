#include "models/value_reader.h"
#include "text/suggest.h"

#include <algorithm>
#include <cmath>
#include <cstdio>


namespace autonet {
namespace {

using Result = std::optional<FieldValue>;
using JsonKind = JsonValue::Kind;

/// One value on its way to being read: bundles what every reader below needs.
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
    return fail("must be " + what + ", got " + value.brief());
  }
  Reader inner(const JsonValue& item, const std::string& at) const {
    return {item, at, key, mistakes};
  }

  bool in_range(double number) const {
    if (key.open ? number <= key.low : number < key.low) {
      must_be((key.open ? "above " : "at least ") + number_text(key.low));
      return false;
    }
    if (key.open ? number >= key.high : number > key.high) {
      must_be((key.open ? "below " : "at most ") + number_text(key.high));
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
    return fail("unknown " + key.name + " " + quoted_text(value.text) +
                text::did_you_mean(value.text, key.choices));
  }

  /// Two whole numbers, or nothing and a mistake.
  std::optional<std::array<Index, 2>> pair(const char* what) const {
    if (value.kind != JsonKind::list || value.items.size() != 2) return must_be(what);
    std::array<Index, 2> numbers{};
    bool good = true;
    for (size_t i = 0; i < 2; ++i) {
      const auto number =
          inner(value.items[i], pointer + "/" + std::to_string(i)).whole("a whole number");
      good = good && number.has_value();
      numbers[i] = number.value_or(0);
    }
    return good ? std::optional(numbers) : std::nullopt;
  }

  Result extent() const {
    constexpr const char* kWhat = "a whole number or [rows, columns]";
    if (value.kind == JsonKind::list) {
      if (const auto both = pair(kWhat)) return *both;
      return std::nullopt;
    }
    if (const auto one = whole(kWhat)) return Extent{*one, *one};
    return std::nullopt;
  }

  Result padding() const {
    constexpr const char* kWhat =
        "a whole number, [rows, columns], [[top, bottom], [left, right]], \"same\" or \"valid\"";
    Padding padding;
    padding.type = Padding::Type::margins;
    if (value.kind == JsonKind::text) {
      if (value.text != "same" && value.text != "valid") return must_be(kWhat);
      padding.type = value.text == "same" ? Padding::Type::same : Padding::Type::valid;
      return padding;
    }
    if (value.kind != JsonKind::list) {
      const auto all = whole(kWhat);
      if (!all) return std::nullopt;
      padding.rows = padding.cols = {*all, *all};
      return padding;
    }
    if (value.items.size() != 2) return must_be(kWhat);
    if (value.items[0].kind != JsonKind::list && value.items[1].kind != JsonKind::list) {
      const auto both = pair(kWhat);
      if (!both) return std::nullopt;
      padding.rows = {(*both)[0], (*both)[0]};
      padding.cols = {(*both)[1], (*both)[1]};
      return padding;
    }
    const auto rows = inner(value.items[0], pointer + "/0").pair("[top, bottom]");
    const auto cols = inner(value.items[1], pointer + "/1").pair("[left, right]");
    if (!rows || !cols) return std::nullopt;
    padding.rows = *rows;
    padding.cols = *cols;
    return padding;
  }

  Result init() const {
    static const std::vector<std::string> names = init_names();
    if (value.kind != JsonKind::text && value.kind != JsonKind::object) {
      return must_be(R"(a name ("he") or an object ({"normal": 0.1}))");
    }
    if (value.kind == JsonKind::object && value.members.size() != 1) {
      return fail(R"(must have exactly one key, as {"normal": 0.1} has, got )" +
                  std::to_string(value.members.size()));
    }
    const bool named = value.kind == JsonKind::text;
    const std::string& name = named ? value.text : value.members[0].key;
    const auto found = std::ranges::find(names, name);
    if (found == names.end()) {
      return fail("unknown initialiser " + quoted_text(name) + text::did_you_mean(name, names));
    }
    Init init{static_cast<Init::Type>(found - names.begin()), 1.0};
    const bool scaled = init.type == Init::Type::xavier || init.type == Init::Type::he ||
                        init.type == Init::Type::orthogonal;
    if (named) {
      if (!scaled) return fail("\"" + name + "\" needs a number: {\"" + name + "\": 0.1}");
      return init;
    }
    Key scale{.name = name, .kind = Key::Kind::number, .doc = {}};
    scale.low = init.type == Init::Type::constant ? -1e6 : 0.0;
    scale.high = 1e6;
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
        const std::string at = pointer + "/" + std::to_string(names.size());
        return inner(item, at).must_be("the name of a layer");
      }
      names.push_back(item.text);
    }
    return names;
  }

  Result length_list() const {
    if (value.kind != JsonKind::list) return must_be("a list of whole numbers");
    std::vector<Index> lengths;
    for (const JsonValue& item : value.items) {
      const std::string at = pointer + "/" + std::to_string(lengths.size());
      const auto length = inner(item, at).whole();
      if (!length) return std::nullopt;
      lengths.push_back(*length);
    }
    return lengths;
  }

  /// What "type" (or a bare name) says, as a row of key.types.
  const ObjectType* tagged_type(const JsonValue& tag, const std::string& at,
                                const std::string& noun) const {
    if (tag.kind != JsonKind::text) {
      inner(tag, at).must_be("the name of a " + noun);
      return nullptr;
    }
    const auto found = std::ranges::find(key.types, tag.text, &ObjectType::name);
    if (found != key.types.end()) return &*found;
    std::vector<std::string> names;
    for (const ObjectType& type : key.types) names.push_back(type.name);
    mistakes.add(tag.line, at,
                 "unknown " + noun + " " + quoted_text(tag.text) + text::did_you_mean(tag.text, names));
    return nullptr;
  }

  /// The fields, or null and a mistake; `noun` is what the type is a type of.
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
      must_be(bare_name ? "the name of a " + noun + " or an object" : "an object");
      return nullptr;
    }
    const auto tag = std::ranges::find(value.members, "type", &JsonMember::key);
    if (tag == value.members.end()) {
      fail("\"type\" is missing: which " + noun + " it is");
      return nullptr;
    }
    const ObjectType* type = tagged_type(tag->value, pointer + "/type", noun);
    return type == nullptr ? nullptr : read_fields(value, pointer, *type, mistakes);
  }

  /// Of a layer whose type is not known: its name, so that others can still refer to it.
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
      return fail("must have 1 to 10000 entries, got " + std::to_string(value.items.size()));
    }
    std::vector<FieldsPtr> list;
    for (const JsonValue& item : value.items) {
      const std::string at = pointer + "/" + std::to_string(list.size());
      FieldsPtr fields = inner(item, at).tagged("layer", false);
      list.push_back(fields ? fields : name_alone(item, at));
    }
    return list;
  }
};

}  // namespace

std::string number_text(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%.16g", number);
  return text;
}

std::optional<FieldValue> read_value(const JsonValue& value, const std::string& pointer,
                                     const Key& key, Mistakes& mistakes) {
  const Reader reader{value, pointer, key, mistakes};
  switch (key.kind) {
    case Key::Kind::flag:
      if (value.kind != JsonKind::boolean) return reader.must_be("true or false");
      return value.flag;
    case Key::Kind::whole:
      if (const auto whole = reader.whole()) return *whole;
      return std::nullopt;
    case Key::Kind::number:
      return reader.number();
    case Key::Kind::text:
      if (value.kind != JsonKind::text) return reader.must_be("a text");
      if (value.text.find('\0') != std::string::npos) return reader.must_be("free of NUL");
      return value.text;
    case Key::Kind::name:
      if (value.kind != JsonKind::text || !is_layer_name(value.text)) {
        return reader.must_be("1 to 64 letters, digits, \"_\", \".\" or \"-\", the first no \".\"");
      }
      if (value.text == "input") return reader.must_be("another name: \"input\" is the image");
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

}  // namespace autonet
