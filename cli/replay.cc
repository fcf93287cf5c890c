// autonet replay: shows a training step in which a number was not finite, layer by layer.
#include "autonet/text/concat.h"
#include "cli/command.h"
#include "cli/json.h"
#include "cli/shared_options.h"
#include "text/numbers.h"
#include "text/table.h"
#include "train/failed_step.h"
#include "train/step_report.h"

namespace autonet::cli {
namespace {

using internal::FailedStep;
using internal::LayerReport;

struct Options {
  std::string file;
  int threads = hardware_threads();
  bool json = false;
};

std::string table_text(const internal::StepReport& report) {
  text::Table table({"layer", "largest output", "not finite", "largest gradient", "not finite"});
  for (const LayerReport& layer : report.layers) {
    table.add({layer.layer, text::significant(layer.largest_output, 4),
               text::with_commas(layer.bad_outputs), text::significant(layer.largest_gradient, 4),
               text::with_commas(layer.bad_gradients)});
  }
  return table.text();
}

Json to_json(const Model& model, const FailedStep& failed, const internal::StepReport& report) {
  auto layers = Json::array();
  for (const LayerReport& layer : report.layers) {
    layers.push_back({{"name", layer.layer},
                      {"largest_output", layer.largest_output},
                      {"outputs_not_finite", layer.bad_outputs},
                      {"largest_gradient", layer.largest_gradient},
                      {"gradients_not_finite", layer.bad_gradients}});
  }
  return {{"model", model.name()},   {"epoch", failed.epoch}, {"batch", failed.batch},
          {"step", failed.step + 1}, {"loss", report.loss},   {"not_finite", failed.what},
          {"layers", layers}};
}

ExitStatus run(const Options& options, Console& console) {
  const auto loaded = internal::load_failed_step(options.file);
  const Model& model = loaded.first;
  const FailedStep& failed = loaded.second;
  Context context(options.threads);
  const internal::StepReport report = internal::report_step(
      model, context, failed.weights, failed.x, failed.y, failed.step, failed.seed, failed.mode());
  if (options.json) {
    console.print(indented(to_json(model, failed, report)));
  } else {
    console.print(text::concat(
        model.name(), ", epoch ", failed.epoch, ", batch ", failed.batch, " (step ",
        failed.step + 1, ", ", text::counted(failed.x.shape()[0], "example"), ", learning rate ",
        text::significant(failed.learning_rate, 4), ")\nNot finite: ", failed.what,
        ". Loss: ", text::significant(report.loss, 6), "\n\n", table_text(report)));
  }
  return ExitStatus::failed;
}

}  // namespace

void add_replay(CLI::App& program, Action& action) {
  auto [command, options] = add_command(
      program, action, "replay", "Show the step of a run in which a number was not finite", run);
  command.add_option("FILE", options.file, "The file NAME.failed.npz that the run wrote")
      ->required()
      ->type_name("");
  add_threads(command, options.threads);
  add_json(command, options.json);
  command.footer(
      "Computes the step's forward and backward pass again, at the weights before the\n"
      "step, and shows the largest numbers of each layer. The status is 1.\n\n"
      "Example:\n"
      "  autonet replay models/convnet1.failed.npz");
}

}  // namespace autonet::cli
