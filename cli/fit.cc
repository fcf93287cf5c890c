// autonet fit: trains a model.
#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "autograd/error.h"
#include "cli/command.h"
#include "cli/epoch_log.h"
#include "cli/fit_progress.h"
#include "cli/interrupt.h"
#include "cli/shared_options.h"
#include "cli/six_numbers.h"
#include "cli/trained_model.h"
#include "text/numbers.h"
#include "train/atomic_file.h"
#include "train/checkpoint.h"
#include "train/fit.h"

namespace autonet {
namespace {

struct Options {
  std::string model;
  std::string data_dir;
  std::optional<int> threads;
  std::optional<std::uint64_t> seed;
  std::optional<Index> epochs;
  std::string checkpoint;
  bool resume = false;
  std::string log;
  bool json = false;
  bool quiet = false;
};

std::string checkpoint_path(const Options& options, const Model& model) {
  std::string path = options.checkpoint.empty() ? model.checkpoint_path() : options.checkpoint;
  if (options.resume && path.empty()) return checkpoint_of(model, path);  // says what to do
  return path;
}

std::string outcome_text(const Model& model, const FitResult& result) {
  const auto last = result.epochs.empty() ? 0 : result.epochs.back().epoch;
  if (last == 0) return model.name() + ", initial weights\n";
  std::string text =
      model.name() + ", epoch " + std::to_string(result.best_epoch) + " of " + std::to_string(last);
  if (result.epochs.back().validation) text += ", the best on validation";
  if (result.stopped_early) text += " (stopped early: no better since)";
  return text + "\n";
}

void note_next(Console& console, const Model& model, const std::string& path,
               const std::string& data_dir) {
  if (path.empty()) return;
  const std::string file = shell_word(model.file());
  const std::string given =
      path == model.checkpoint_path() ? "" : " --checkpoint " + shell_word(path);
  const std::string data = data_dir.empty() ? "" : " --data-dir " + shell_word(data_dir);
  console.note("\nThe weights are in " + path + ". Try next:\n  autonet evaluate " + file + given +
               data + "\n  autonet check-grad " + file + given + "\n");
}

bool same_file(const std::string& a, const std::string& b) {
  std::error_code unknown;
  return a == b || std::filesystem::equivalent(a, b, unknown);
}

Exit run(const Options& options, Console& console) {
  const Model model = Model::load(options.model);
  const std::string path = checkpoint_path(options, model);
  const Splits data = load_splits(model.data(), {options.data_dir});
  Context context(options.threads.value_or(hardware_threads()));
  const Index epochs = options.epochs.value_or(model.training().epochs);
  if (!options.quiet) {
    console.note("Training " + model.name() + " (" + text::with_commas(parameter_count(model)) +
                 " parameters) on " + text::with_commas(data.train.count) + " images of " +
                 model.data().dataset + ", " + std::to_string(context.threads()) +
                 (context.threads() == 1 ? " thread\n" : " threads\n"));
    if (path.empty()) {
      console.note(
          "Nothing will be saved: neither the model nor --checkpoint names a checkpoint.\n");
    } else if (std::error_code error; !options.resume && std::filesystem::exists(path, error)) {
      console.note("The weights in " + path + " will be replaced; --resume goes on with them.\n");
    }
  }

  if (!path.empty()) {
    check_checkpoint_name(path);
    internal::check_writable(path);  // before the log of an earlier run is emptied
  }
  if (!options.log.empty() &&
      (same_file(options.log, path) || same_file(options.log, model.file()))) {
    throw ModelError("--log " + options.log +
                     ": this is the model or its checkpoint; give the log a file of its own");
  }
  std::optional<EpochLog> log;
  if (!options.log.empty()) log.emplace(options.log, model.loss_key(), options.resume);
  FitOptions fit_options;
  fit_options.epochs = options.epochs;
  fit_options.seed = options.seed;
  fit_options.checkpoint = path;
  fit_options.resume = options.resume;
  FitResult result;
  {
    const Interrupt interrupt;
    fit_options.stop = interrupt.flag();
    FitProgress progress(console, data.train.count, model.training().batch_size, epochs,
                         options.quiet, log ? &*log : nullptr);
    result = fit(model, data, context, fit_options, progress);
  }
  if (result.stopped) {
    console.note(
        path.empty()    ? "Interrupted; nothing was saved, as there is no checkpoint to write.\n"
        : !result.saved ? "Interrupted in the first epoch; " + path + " stays as it was.\n"
                        : "Interrupted; the run is saved in " + path + ". Go on with:\n  " +
                              fit_command(model, path) + " --resume\n");
    return Exit::interrupted;
  }

  const SixNumbers numbers = six_numbers(model, data, result.parameters, result.states, context);
  if (options.json) {
    auto json = to_json(model, numbers);
    json["best_epoch"] = result.best_epoch;
    json["epochs"] = result.epochs.empty() ? 0 : result.epochs.back().epoch;
    json["checkpoint"] =
        path.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(path);
    console.print(one_line(json) + "\n");
    return Exit::good;
  }
  if (!options.quiet) console.note("\n");
  console.print(outcome_text(model, result) + table_text(model, numbers, data));
  if (!options.quiet) note_next(console, model, path, options.data_dir);
  return Exit::good;
}

}  // namespace

void add_fit(CLI::App& program, Action& action) {
  CLI::App* command = program.add_subcommand("fit", "Train a model and save its best weights");
  auto options = std::make_shared<Options>();
  add_model(*command, options->model);
  add_data_dir(*command, options->data_dir);
  add_threads(*command, options->threads);
  command
      ->add_option("--seed", options->seed,
                   "Seed of the initial weights and the shuffling (default: the model's)")
      ->check(whole_number(0, UINT64_MAX))
      ->type_name("N");
  command
      ->add_option(
          "--epochs", options->epochs,
          "Passes over the training images (default: the model's);\n0 writes the initial weights")
      ->check(whole_number(0, 1000000))
      ->type_name("N");
  command
      ->add_option("--checkpoint", options->checkpoint,
                   "Where the weights go: .npz or .safetensors (default: the model's)")
      ->type_name("FILE");
  command->add_flag("--resume", options->resume,
                    "Go on from the checkpoint, as if the run had never stopped");
  command->add_option("--log", options->log, "Write a line of JSON an epoch to this file")
      ->type_name("FILE");
  add_json(*command, options->json);
  command->add_flag("--quiet", options->quiet, "Show no progress");
  command->footer(
      "The weights of the epoch that is best on validation are kept. Ctrl-C saves the run and "
      "stops\n"
      "(status 130); again, it stops at once.\n\n"
      "Examples:\n"
      "  autonet fit models/quickstart.json\n"
      "  autonet fit models/convnet1.json --data-dir ~/data --epochs 50 --log run.jsonl\n"
      "  autonet fit models/convnet1.json --resume");
  command->final_callback([options, &action] {
    action = [options](Console& console) { return run(*options, console); };
  });
}

}  // namespace autonet
