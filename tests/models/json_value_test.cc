#include "models/json_value.h"

#include <doctest/doctest.h>

#include "autonet/autograd/error.h"

namespace autonet::internal {
namespace {

JsonValue read(std::string_view text) {
  Mistakes mistakes("m.json");
  JsonValue value = read_json(text, mistakes);
  mistakes.throw_if_any();
  return value;
}

std::string failure(std::string_view text) {
  try {
    read(text);
  } catch (const ModelError& error) {
    return error.what();
  }
  return "none";
}

TEST_CASE("every value has its line") {
  const JsonValue root = read("{\n  \"a\": 1,\n\"b\":\n[2,\n\n3\n],\n\"c\": \"x\", \"d\":\ntrue}");
  REQUIRE(root.members.size() == 4);
  CHECK(root.line == 1);
  CHECK(root.members[0].value.line == 2);
  const JsonValue& list = root.members[1].value;
  CHECK(list.line == 4);
  CHECK(list.items[0].line == 4);
  CHECK(list.items[1].line == 6);  // the number ends at a line's end
  CHECK(root.members[2].value.line == 8);
  CHECK(root.members[3].value.line == 9);
}

TEST_CASE("a number with a whole value is whole, however it is written") {
  CHECK(read("3").kind == JsonValue::Kind::whole);
  CHECK(read("-3").whole == -3);
  CHECK(read("1e3").whole == 1000);
  CHECK(read("2.0").kind == JsonValue::Kind::whole);
  CHECK(read("2.5").number == 2.5);
  CHECK(read("2.5").kind == JsonValue::Kind::real);
  CHECK(read("18446744073709551615").kind == JsonValue::Kind::real);
  CHECK(read("9223372036854775807").whole == 9223372036854775807);
}

TEST_CASE("text that is not JSON is refused with line and column") {
  CHECK(failure("") ==
        "m.json:1:1: not JSON: syntax error while parsing value - unexpected end of input; "
        "expected '[', '{', or a literal");
  CHECK(failure("{\n  \"a\": 1,\n}") ==
        "m.json:3:1: not JSON: syntax error while parsing object key - unexpected '}'; expected "
        "string literal\n  }\n  ^");
  CHECK(failure("[1, 2") ==
        "m.json:1:6: not JSON: syntax error while parsing array - unexpected end of input; "
        "expected ']'\n  [1, 2\n       ^");
  CHECK(failure("1e999") ==
        "m.json:1:5: not JSON: number overflow parsing '1e999'\n  1e999\n      ^");
  CHECK(failure("[\"\xff\xfe\"]").starts_with("m.json:1:3: not JSON: "));
  CHECK(failure("[1] 2").starts_with("m.json:1:5: not JSON: "));
  CHECK(failure("// no comments\n1").starts_with("m.json:1:1: not JSON: "));
}

TEST_CASE("a missing comma is reported where it belongs, with the line and a caret") {
  CHECK(failure("{\n  \"a\": 1\n\n  \"b\": 2\n}") ==
        "m.json:2:9: not JSON: a comma is missing after this value\n    \"a\": 1\n          ^");
  CHECK(failure("{\"a\": {}  // x\n") != "none");
  CHECK(failure("[{\"a\": \"x\"}\n{}]") ==
        "m.json:1:12: not JSON: a comma is missing after this value\n  [{\"a\": \"x\"}\n           "
        "  ^");
  CHECK(failure("[1 true]").starts_with("m.json:1:3: not JSON: a comma is missing after this"));
  // A long line is shortened, and control characters are blanked.
  const std::string text =
      failure("[" + std::string(200, ' ') + "\t1 2 " + std::string(200, ' ') + "]");
  CHECK(text.starts_with("m.json:1:204: "));
  size_t from = 0;
  for (size_t at = 0; (at = text.find('\n', from)) != text.npos; from = at + 1) {
    CHECK(at - from <= 80);
  }
  CHECK(text.size() - from <= 80);
}

TEST_CASE("a key that is given twice is a mistake") {
  CHECK(failure("{\"a\": {\n\"b/c\": 1,\n\"b/c\": 2}}") == "m.json:3: /a/b~1c: is given twice");
  CHECK(failure("[1, {\"a\": 1, \"a\": 2}]") == "m.json:1: /1/a: is given twice");
}

TEST_CASE("depth and size are limited") {
  CHECK(failure(std::string(33, '[')) == "m.json:1: nested more than 32 levels deep");
  CHECK(failure(std::string(32, '[') + std::string(32, ']')) == "none");
  CHECK(failure(std::string(kMaxJsonBytes + 1, ' ')) ==
        "m.json: the file has 1048577 bytes; a model has at most 1048576");
}

TEST_CASE("errors show values on one short line") {
  CHECK(read("[1,[2,\"a\\n\"],null,true]").brief() == "[1,[2,\"a\\n\"],null,true]");
  CHECK(read("{}").brief() == "{}");
  CHECK(read("{\"a\":1}").brief() == "an object");
  CHECK(read("\"" + std::string(500, 'x') + "\"").brief().size() == 60);
  std::string accents = "\"";
  for (int i = 0; i < 100; ++i) accents += "\xc3\xa9";
  const std::string cut = read(accents + "\"").brief();
  CHECK(cut.size() <= 60);
  CHECK(static_cast<unsigned char>(cut[cut.size() - 4]) == 0xa9);  // no half character
  CHECK(pointer_step("a/b~c\n") == "/a~1b~0c\\n");
}

}  // namespace
}  // namespace autonet::internal
