// autonet evaluate: the six numbers of a checkpoint.
#include <memory>
#include <optional>
#include <string>

#include "cli/command.h"
#include "cli/epoch_log.h"
#include "cli/shared_options.h"
#include "cli/six_numbers.h"
#include "cli/trained_model.h"

namespace autonet {
namespace {

struct Options {
  std::string model;
  std::string checkpoint;
  std::string data_dir;
  std::optional<int> threads;
  bool json = false;
};

Exit run(const Options& options, Console& console) {
  const Model model = Model::load(options.model);
  const std::string path = checkpoint_of(model, options.checkpoint);
  const LoadedWeights weights = weights_of(model, path);
  const Splits data = load_splits(model.data(), {options.data_dir});
  Context context(options.threads.value_or(hardware_threads()));
  const SixNumbers numbers = six_numbers(model, data, weights.parameters, weights.states, context);
  console.print(options.json ? one_line(to_json(model, numbers)) + "\n"
                             : model.name() + ", weights of " + path + "\n" +
                                   table_text(model, numbers, data));
  return Exit::good;
}

}  // namespace

void add_evaluate(CLI::App& program, Action& action) {
  CLI::App* command =
      program.add_subcommand("evaluate", "Loss and accuracy of a trained model on all its images");
  auto options = std::make_shared<Options>();
  add_model(*command, options->model);
  command
      ->add_option("--checkpoint", options->checkpoint,
                   "The weights: .npz or .safetensors (default: the model's)")
      ->type_name("FILE");
  add_data_dir(*command, options->data_dir);
  add_threads(*command, options->threads);
  add_json(*command, options->json);
  command->footer(
      "Examples:\n"
      "  autonet evaluate models/quickstart.json\n"
      "  autonet evaluate models/convnet1.json --checkpoint other.npz --json");
  command->final_callback([options, &action] {
    action = [options](Console& console) { return run(*options, console); };
  });
}

}  // namespace autonet
