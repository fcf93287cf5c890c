#include "models/schema.h"

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

namespace autonet {
namespace {

TEST_CASE("the published schema is the one that the tables make") {
  const std::string path = std::string(AUTONET_SOURCE_DIR) + "/models/model.schema.json";
  std::ifstream in(path, std::ios::binary);
  REQUIRE(in.good());
  std::stringstream text;
  text << in.rdbuf();
  const std::string made = model_schema();
  if (text.str() != made) {
    std::ofstream("model.schema.json", std::ios::binary) << made;
    FAIL(path << " is out of date; the new one is model.schema.json in the working folder");
  }
  CHECK(made.ends_with("}\n"));
}

}  // namespace
}  // namespace autonet
