#include "models/schema.h"

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

namespace autonet::internal {
namespace {

TEST_CASE("models/model.schema.json is the schema of the tables") {
  const std::string path = std::string(AUTONET_SOURCE_DIR) + "/models/model.schema.json";
  std::ifstream in(path, std::ios::binary);
  REQUIRE(in.good());
  std::stringstream text;
  text << in.rdbuf();
  const std::string made = model_schema();
  if (text.str() != made) {
    std::ofstream("model.schema.json", std::ios::binary) << made;
    FAIL(path << " is out of date; the new one is model.schema.json in the current folder");
  }
  CHECK(made.ends_with("}\n"));
}

}  // namespace
}  // namespace autonet::internal
