// autonet schema: what editors complete and check model files by.
#include "models/schema.h"

#include "cli/command.h"

namespace autonet {

void add_schema(CLI::App& program, Action& action) {
  CLI::App* command =
      program.add_subcommand("schema", "Print the JSON Schema of model files, for editors");
  command->footer("Example:\n  autonet schema > model.schema.json");
  command->final_callback([&action] {
    action = [](Console& console) {
      const std::string text = model_schema();
      console.print(text.ends_with('\n') ? text : text + "\n");
      return Exit::good;
    };
  });
}

}  // namespace autonet
