// autonet evaluate: loss and accuracy of a checkpoint.
#include "autonet/text/concat.h"
#include "autonet/train/load_data.h"
#include "cli/called.h"
#include "cli/command.h"
#include "cli/json.h"
#include "cli/results.h"
#include "cli/shared_options.h"
#include "cli/trained_model.h"

namespace autonet::cli {
namespace {

struct Options {
  std::string model;
  std::string checkpoint;
  std::string data_dir;
  int threads = hardware_threads();
  bool json = false;
};

ExitStatus run(const Options& options, Console& console) {
  const Model model = load_model(options.model);
  const std::string path = checkpoint_of(model, options.checkpoint);
  const Weights weights = weights_of(model, path);
  const Splits data = load_data(model, {options.data_dir});
  Context context(options.threads);
  const Results results = results_of(model, data, weights, context);
  console.print(options.json ? one_line(to_json(model, results))
                             : text::concat(model.name(), ", weights of ", path, "\n",
                                            table_text(model, results, data)));
  return ExitStatus::good;
}

}  // namespace

void add_evaluate(CLI::App& program, Action& action) {
  auto [command, options] =
      add_command(program, action, "evaluate", "Show loss and accuracy of a trained model", run);
  add_model(command, options.model);
  add_file(command, "--checkpoint", options.checkpoint,
           "Weights, .npz or .safetensors (default: the model's checkpoint)");
  add_data_dir(command, options.data_dir);
  add_threads(command, options.threads);
  add_json(command, options.json);
  command.footer(
      "Examples:\n"
      "  autonet evaluate models/quickstart.json\n"
      "  autonet evaluate models/convnet1.json --checkpoint other.npz --json");
}

}  // namespace autonet::cli
