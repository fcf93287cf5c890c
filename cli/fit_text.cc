#include "cli/fit_text.h"

#include <filesystem>

#include "autonet/text/concat.h"
#include "cli/called.h"
#include "cli/ranks.h"
#include "cli/trained_model.h"
#include "text/numbers.h"
#include "train/run_state.h"

namespace autonet::cli {
namespace {

bool exists(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

/// The command line without the arguments that say how a run starts.
std::string command_of(const FitArguments& arguments) {
  std::string words = "fit " + shell_word(arguments.model.name);
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) words += text::concat(" ", name, " ", shell_word(value));
  };
  for (const std::string& setting : arguments.model.settings) add("--set", setting);
  add("--data-dir", arguments.data_dir);
  if (arguments.threads) add("--threads", text::concat(*arguments.threads));
  add("--instructions", arguments.instructions);
  if (arguments.seed) add("--seed", text::concat(*arguments.seed));
  if (arguments.epochs) add("--epochs", text::concat(*arguments.epochs));
  add("--checkpoint", arguments.checkpoint);
  add("--log", arguments.log);
  add("--report", arguments.views.report);
  add("--tensorboard", arguments.views.tensorboard);
  if (arguments.views.show) add("--show", text::concat(*arguments.views.show));
  if (arguments.views.curves) words += " --curves";
  if (arguments.json) words += " --json";
  if (arguments.quiet) words += " --quiet";
  if (arguments.no_train_figures) words += " --no-train-figures";
  const std::string starter =
      arguments.ranks > 1 ? text::concat("mpirun -n ", arguments.ranks, " ") : "";
  return starter + command_line(words);
}

}  // namespace

std::string started_by(const FitArguments& arguments) {
  std::string words = command_of(arguments);
  if (!arguments.init_from.empty()) words += " --init-from " + shell_word(arguments.init_from);
  for (const std::string& layer : arguments.init_except) {
    words += " --init-except " + shell_word(layer);
  }
  if (arguments.overwrite) words += " --overwrite";
  if (arguments.resume) words += " --resume";
  return words;
}

std::string continued_by(const FitArguments& arguments) {
  return command_of(arguments) + " --resume";
}

std::string start_text(const FitArguments& arguments, const Model& model, const std::string& path,
                       Index examples) {
  const int threads = arguments.threads.value_or(threads_of_rank());
  const std::string ranks =
      arguments.ranks > 1 ? text::counted(arguments.ranks, "process") + " of " : "";
  std::string text = text::concat(
      "Training ", model.name(), " (", text::counted(parameter_count(model), "parameter"), ") on ",
      text::counted(examples, input_noun(model)), " of ", data_name(model), ", ", ranks,
      text::counted(threads, "thread"), "\n");
  if (path.empty()) {
    text += "No weights will be saved: neither the model nor --checkpoint names a file for them.\n";
  } else if (!arguments.resume && exists(path)) {
    text +=
        "This run will replace the weights in " + path + "; to continue from them, add --resume.\n";
  }
  return text;
}

std::string ending_text(const FitArguments& arguments) {
  return text::concat(
      "\nThe processes of the run were asked to end, or one of them has ended.\nWhat was trained "
      "is "
      "being saved. To continue it, with as many processes as you like:\n  ",
      continued_by(arguments), "\n");
}

std::string interrupted_text(const FitArguments& arguments, const std::string& path,
                             const Trained& result) {
  if (path.empty()) {
    return text::concat(
        "Interrupted. Nothing was saved, because no checkpoint was named. To start again:\n  ",
        started_by(arguments), " --checkpoint NAME.npz\n");
  }
  if (!result.saved) {
    return text::concat(
        "Interrupted before the first step; no file was changed. To start again:\n  ",
        started_by(arguments), "\n");
  }
  const std::string run = internal::run_file_of(path);
  std::string text = text::concat("Interrupted", result.lost.empty() ? "" : ": " + result.lost,
                                  "; the run is saved in ", run, ".");
  if (result.best_epoch == 0 && exists(path)) {
    text += text::concat("\n", path, " keeps its earlier weights until the first epoch ends.");
  }
  if (arguments.ranks > 1) return text + "\n";  // ending_text() has said how to continue
  return text::concat(text, " To continue it:\n  ", continued_by(arguments), "\n");
}

std::string finished_text(const FitArguments& arguments, const Model& model,
                          const std::string& path, const Trained& result) {
  FitArguments longer = arguments;
  const std::string run = internal::run_file_of(path);
  if (result.stopped_early) {
    const Index patience = model.training().patience.value_or(1);
    longer.model.settings.push_back(
        text::concat("training.early_stopping.patience=", 2 * patience));
    return text::concat("The run in ", run, " is finished: it stopped after epoch ",
                        last_epoch(result), ", because ", text::counted(patience, "epoch"),
                        " in a row did not improve.\nTo train longer:\n  ", continued_by(longer),
                        "\n");
  }
  longer.epochs = 2 * std::max<Index>(1, last_epoch(result));
  return text::concat("The run in ", run, " is finished: it has all ",
                      text::counted(result.goal, "epoch"), ". To train longer:\n  ",
                      continued_by(longer), "\n");
}

Index last_epoch(const Trained& result) {
  return result.epochs.empty() ? 0 : result.epochs.back().epoch;
}

std::string outcome_text(const Model& model, const Trained& result) {
  const Index last = last_epoch(result);
  if (last == 0) return model.name() + ", initial weights\n";
  return text::concat(
      model.name(), ", weights of epoch ", result.best_epoch, " of ", last,
      result.epochs.back().validation ? ", the best on validation" : "",
      result.stopped_early ? " (stopped early, as it did not improve any more)" : "", "\n");
}

std::string next_text(const Model& model, const std::string& path, const std::string& data_dir) {
  const std::string file = model_words(model);
  const std::string given =
      path == model.checkpoint_path() ? "" : " --checkpoint " + shell_word(path);
  const std::string data = data_dir.empty() ? "" : " --data-dir " + shell_word(data_dir);
  return text::concat("\nThe weights are in ", path, ". Try next:\n  ", command_line("evaluate "),
                      file, given, data, "\n  ", command_line("check-grad "), file, given, "\n");
}

}  // namespace autonet::cli
