// autonet schema: prints the JSON Schema by which editors check and complete model files.
#include "models/schema.h"

#include "cli/command.h"

namespace autonet::cli {
namespace {

struct NoOptions {};

ExitStatus run(const NoOptions& /*options*/, Console& console) {
  console.print(internal::model_schema());
  return ExitStatus::good;
}

}  // namespace

void add_schema(CLI::App& program, Action& action) {
  add_command(program, action, "schema", "Print the JSON Schema of model files, for editors", run)
      .parser.footer(
          "With this file an editor completes the keys of a model file and marks mistakes in it.\n"
          "\n"
          "Example:\n"
          "  autonet schema > model.schema.json");
}

}  // namespace autonet::cli
