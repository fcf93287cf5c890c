// autonet report: the page of fit --report for a model that is trained already.
#include <algorithm>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "autonet/train/load_data.h"
#include "cli/called.h"
#include "cli/command.h"
#include "cli/report/report.h"
#include "cli/separate_files.h"
#include "cli/shared_options.h"
#include "cli/trained_model.h"
#include "train/run_state.h"

namespace autonet::cli {
namespace {

struct Options {
  ModelChoice model;
  std::string checkpoint;
  std::string out;
  std::string data_dir;
  int threads = hardware_threads();
};

/// Adds what the checkpoint says about its run; it may hold weights alone.
void add_run(Trained& trained, const std::string& path, Index examples) {
  try {
    const Index batch = std::min(trained.model.training().batch_size, examples);
    const internal::Run run =
        internal::resume_run(trained.model, path, std::nullopt, examples, batch);
    trained.epochs = run.state.history;
    trained.best_epoch = run.state.best_epoch;
  } catch (const Error&) {
    trained.epochs.clear();  // then the page has no curves
  }
}

ExitStatus run(const Options& options, Console& console) {
  const Model model = load_model(options.model.name, options.model.settings);
  const std::string path = checkpoint_of(model, options.checkpoint);
  Trained trained{.model = model};
  trained.weights = weights_of(model, path);
  const Splits data = load_data(model, {options.data_dir});
  add_run(trained, path, data.train.count());
  const std::string out = options.out.empty() ? model.name() + ".html" : options.out;
  check_separate({{"the model", model.file(), false},
                  {"the checkpoint", path, false},
                  {"the file of the run", internal::run_file_of(path), false},
                  {"--out", out}});
  Report(out, model, data, options.threads).finish(trained);
  console.print(text::concat("Wrote ", out, ", ", model.name(), " with the weights of ", path,
                             trained.epochs.empty() ? "; the checkpoint has no curves" : "", "\n"));
  return ExitStatus::good;
}

}  // namespace

void add_report(CLI::App& program, Action& action) {
  auto [command, options] =
      add_command(program, action, "report",
                  "Write a page with layers, confusions and mistakes of a trained model", run);
  add_model(command, options.model);
  add_file(command, "--checkpoint", options.checkpoint,
           "Weights, .npz or .safetensors (default: the model's checkpoint)");
  add_file(command, "--out", options.out, "File for the page (default: the model's name, .html)");
  add_data_dir(command, options.data_dir);
  add_threads(command, options.threads);
  command.footer(
      "The page has the curves of loss and accuracy if the checkpoint holds its run. fit --report\n"
      "writes the same page while a model is trained, with more curves.\n\n"
      "Example:\n"
      "  autonet report models/quickstart.json --out quickstart.html");
}

}  // namespace autonet::cli
