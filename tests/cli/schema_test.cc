#include <nlohmann/json.hpp>

#include "tests/cli/run_program.h"

namespace autonet::cli {
namespace {

TEST_CASE("schema prints the schema that the models folder has") {
  const TestFolder folder;
  const Outcome outcome = run_program(folder, {"schema"});
  CHECK(outcome.status == 0);
  std::ifstream file(shipped("model.schema"));
  CHECK(nlohmann::json::parse(outcome.out) == nlohmann::json::parse(file));
}

}  // namespace
}  // namespace autonet::cli
