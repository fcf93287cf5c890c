// autonet fit: trains a model.
#include <filesystem>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "autonet/train/checkpoint.h"
#include "autonet/train/fit.h"
#include "autonet/train/load_data.h"
#include "cli/called.h"
#include "cli/command.h"
#include "cli/fit_progress.h"
#include "cli/fit_views.h"
#include "cli/interrupt.h"
#include "cli/json.h"
#include "cli/results.h"
#include "cli/shared_options.h"
#include "cli/trained_model.h"
#include "text/numbers.h"
#include "train/atomic_file.h"

namespace autonet::cli {
namespace {

struct Options {
  ModelChoice model;
  std::string data_dir;
  int threads = hardware_threads();
  std::optional<std::uint64_t> seed;
  std::optional<Index> epochs;
  std::string checkpoint;
  bool resume = false;
  std::string log;
  FitViewOptions views;
  bool json = false;
  bool quiet = false;
};

bool exists(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

bool same_file(const std::string& a, const std::string& b) {
  std::error_code unknown;
  return a == b || std::filesystem::equivalent(a, b, unknown);
}

std::string start_text(const Options& options, const Model& model, const std::string& path,
                       Index examples) {
  std::string text = text::concat(
      "Training ", model.name(), " (", text::counted(parameter_count(model), "parameter"), ") on ",
      text::counted(examples, input_noun(model)), " of ", data_name(model), ", ",
      text::counted(options.threads, "thread"), "\n");
  if (path.empty())
    text += "No weights will be saved: neither the model nor --checkpoint names a file for them.\n";
  else if (!options.resume && exists(path))
    text +=
        "This run will replace the weights in " + path + "; to continue from them, add --resume.\n";
  return text;
}

std::string interrupted_text(const Model& model, const std::string& path, const Trained& result) {
  if (path.empty()) return "Interrupted. Nothing was saved, because no checkpoint was named.\n";
  if (!result.saved) return "Interrupted in the first epoch; " + path + " is unchanged.\n";
  return text::concat("Interrupted; the run is saved in ", path, ". To continue it:\n  ",
                      fit_command(model, path), " --resume\n");
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

/// Throws if the checkpoint or the log cannot be written, before any training and before the log of
/// an earlier run is emptied.
void check_files(const Options& options, const Model& model, const std::string& path) {
  if (!path.empty()) {
    check_checkpoint_name(path);
    internal::check_writable(path);
  }
  if (!options.log.empty() &&
      (same_file(options.log, path) || same_file(options.log, model.file()))) {
    throw ModelError("--log " + options.log +
                     ": this file is the model or its checkpoint; name another file");
  }
}

ExitStatus run(const Options& options, Console& console) {
  const Model model = load_model(options.model.name, options.model.settings);
  std::string path = options.checkpoint.empty() ? model.checkpoint_path() : options.checkpoint;
  if (options.resume) path = checkpoint_of(model, path);  // throws if there is none
  const Splits data = load_data(model, {options.data_dir});
  Context context(options.threads);
  if (!options.quiet) console.note(start_text(options, model, path, data.train.count()));
  check_files(options, model, path);
  std::optional<EpochLog> log;
  if (!options.log.empty()) log.emplace(options.log, model, options.resume);
  FitViews views(options.views, console, model, data, options.threads);
  Trained result{.model = model};
  {
    const Interrupt interrupt;
    FitProgress progress(console, model, data.train.count(),
                         options.epochs.value_or(model.training().epochs), options.quiet,
                         log ? &*log : nullptr);
    views.follow(&progress);
    result = fit(model, data.train, context,
                 {.validation = data.validation,
                  .epochs = options.epochs,
                  .seed = options.seed,
                  .observer = &views,
                  .checkpoint = path,
                  .resume = options.resume,
                  .stop = interrupt.flag()});
    views.follow(nullptr);
  }
  if (result.stopped) {
    console.note(interrupted_text(model, path, result));
    return ExitStatus::interrupted;
  }

  views.finish(result, console, options.quiet);
  const Results results = results_of(model, data, result.weights, context);
  if (options.json) {
    Json json = to_json(model, results);
    json["best_epoch"] = result.best_epoch;
    json["epochs"] = last_epoch(result);
    json["checkpoint"] = path.empty() ? Json(nullptr) : Json(path);
    console.print(one_line(json));
    return ExitStatus::good;
  }
  if (!options.quiet) console.note("\n");
  console.print(outcome_text(model, result) + table_text(model, results, data));
  if (!options.quiet && !path.empty()) console.note(next_text(model, path, options.data_dir));
  return ExitStatus::good;
}

}  // namespace

void add_fit(CLI::App& program, Action& action) {
  auto [command, options] =
      add_command(program, action, "fit", "Train a model and save its best weights", run);
  add_model(command, options.model);
  add_data_dir(command, options.data_dir);
  add_threads(command, options.threads);
  add_number(command, "--seed", options.seed, 0, UINT64_MAX,
             "Seed of the initial weights and of the shuffling (default: the model's)");
  add_number(command, "--epochs", options.epochs, 0, 1000000,
             "Passes over the training examples (default: the model's);\n"
             "0 only writes the initial weights");
  add_file(command, "--checkpoint", options.checkpoint,
           "File for the weights, .npz or .safetensors (default: the model's)");
  command.add_flag("--resume", options.resume,
                   "Continue the run in the checkpoint, as if it had never stopped");
  add_file(command, "--log", options.log, "Write one line of JSON per epoch to this file");
  add_fit_views(command, options.views);
  add_json(command, options.json);
  command.add_flag("--quiet", options.quiet, "Show no progress");
  command.footer(
      "Saves the weights of the epoch that was best on the validation examples. Ctrl-C saves the "
      "run\n"
      "and stops (status 130); a second Ctrl-C stops at once.\n\n"
      "Examples:\n"
      "  autonet fit models/quickstart.json\n"
      "  autonet fit models/convnet1.json --data-dir ~/data --epochs 50 --log run.jsonl\n"
      "  autonet fit models/convnet1.json --report report.html\n"
      "  autonet fit models/convnet1.json --resume");
}

}  // namespace autonet::cli
