// autonet fit: trains a model.
#include <chrono>
#include <filesystem>
#include <thread>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "autonet/train/checkpoint.h"
#include "autonet/train/fit.h"
#include "autonet/train/load_data.h"
#include "cli/called.h"
#include "cli/command.h"
#include "cli/fit_progress.h"
#include "cli/fit_text.h"
#include "cli/fit_verdict.h"
#include "cli/fit_views.h"
#include "cli/interrupt.h"
#include "cli/json.h"
#include "cli/ranks.h"
#include "cli/results.h"
#include "cli/separate_files.h"
#include "cli/shared_options.h"
#include "cli/trained_model.h"
#include "train/atomic_file.h"
#include "train/checkpoint_lock.h"
#include "train/failed_step.h"
#include "train/model_texts.h"
#include "train/run_state.h"

namespace autonet::cli {
namespace {

/// Throws if files cannot be written, or two of them are one, before any training and before the
/// log of an earlier run is emptied.
void check_files(const FitArguments& options, const Model& model, const std::string& path) {
  std::vector<UsedFile> files = {{"the model", model.file(), false}};
  if (!path.empty()) {
    check_checkpoint_name(path);
    files.push_back({"the checkpoint", path});
    files.push_back({"the file of the run", internal::run_file_of(path)});
    files.push_back({"the file of a failed step", internal::failed_file_of(path)});
  }
  for (const std::string& name :
       {model.data().file, model.data().labels, model.data().test, model.data().test_labels}) {
    if (name.empty()) continue;
    const auto folder = std::filesystem::path(model.file()).parent_path();
    files.push_back({"the data", (folder / name).string(), false});
  }
  files.push_back({"--log", options.log});
  files.push_back({"--report", options.views.report});
  files.push_back({"--tensorboard", options.views.tensorboard});
  check_separate(files);
  // --init-from may name the checkpoint itself, which is read before it is replaced.
  for (const std::string& written : {options.log, options.views.report}) {
    if (options.init_from.empty() || written.empty()) continue;
    check_separate({{"--init-from", options.init_from, false}, {"this output", written}});
  }
  if (path.empty()) return;
  internal::check_writable(path);
  const internal::CheckpointLock free(path);  // fit() holds it for the whole run
}

/// The options of fit() that a run takes from the command line.
FitOptions fit_options(const FitArguments& arguments, const Splits& data, const std::string& path,
                       const Interrupt& interrupt, Collective* ranks) {
  return {.validation = data.validation,
          .epochs = arguments.epochs,
          .seed = arguments.seed,
          .checkpoint = path,
          .resume = arguments.resume,
          .overwrite = arguments.overwrite,
          .init_from = arguments.init_from,
          .init_except = arguments.init_except,
          .stop = interrupt.flag(),
          .collective = ranks};
}

/// The file of the weights, which must exist if the run is resumed; empty: none.
std::string checkpoint_path(const FitArguments& options, const Model& model) {
  const std::string path =
      options.checkpoint.empty() ? model.checkpoint_path() : options.checkpoint;
  return options.resume ? checkpoint_of(model, path) : path;
}

/// A process of a run that another one, of rank 0, leads: it computes, and writes nothing.
ExitStatus help_rank_0(const FitArguments& options, Collective& ranks, Interrupt& interrupt) {
  interrupt.end_at_once("");
  try {
    const Model model = load_model(options.model.name, options.model.settings);
    const std::string path = checkpoint_path(options, model);
    const Splits data = load_data(model, {options.data_dir});
    Context context(options.threads.value_or(threads_of_rank()));
    interrupt.raise_flag();
    const Trained result =
        fit(model, data.train, context, fit_options(options, data, path, interrupt, &ranks));
    if (result.stopped) return ExitStatus::interrupted;
    results_of(model, data, result.weights, context, {}, !options.no_train_figures, &ranks);
    return ExitStatus::good;
  } catch (const std::exception&) {
    // Rank 0 mostly meets the same error. Then it reports it, and mpirun ends this process.
    std::this_thread::sleep_for(std::chrono::seconds(2));
    if (interrupt.flag()->load()) return ExitStatus::failed;
    throw;
  }
}

ExitStatus run(const FitArguments& given, Console& console) {
  FitArguments options = given;
  Interrupt interrupt;
  const std::unique_ptr<Collective> ranks = started_together(interrupt.flag());
  if (ranks != nullptr) {
    if (ranks->rank() > 0) return help_rank_0(options, *ranks, interrupt);
    options.ranks = ranks->size();
  }
  interrupt.end_at_once("\nInterrupted before training began; no file was changed. To start:\n  " +
                        started_by(options) + "\n");
  const Model model = load_model(options.model.name, options.model.settings);
  const std::string path = checkpoint_path(options, model);
  if (options.resume) {
    note_unchecked(internal::run_file_of(path));
    console.note(made_elsewhere(path));
  }
  if (!options.init_from.empty()) note_unchecked(options.init_from);
  const Splits data = load_data(model, {options.data_dir});
  Context context(options.threads.value_or(threads_of_rank()));
  if (!options.quiet) console.note(start_text(options, model, path, data.train.count()));
  if (!path.empty() && !options.resume && !options.overwrite) {
    internal::check_replaceable(model, path);  // before the log is emptied
  }
  // From here on, what was trained is saved.
  interrupt.raise_flag(options.ranks > 1 && !path.empty() ? ending_text(options) : "");
  check_files(options, model, path);
  std::optional<EpochLog> log;
  if (!options.log.empty()) log.emplace(options.log, model);
  FitViews views(options.views, console, model, data, context.threads());
  Trained result{.model = model};
  {
    FitProgress progress(console, model, data.train.count(), options.quiet, log ? &*log : nullptr);
    views.follow(&progress);
    FitOptions all = fit_options(options, data, path, interrupt, ranks.get());
    all.observer = &views;
    result = fit(model, data.train, context, all);
    views.follow(nullptr);
  }
  if (result.stopped) {
    console.note(interrupted_text(options, path, result));
    return ExitStatus::interrupted;
  }
  interrupt.end_at_once(path.empty() ? "\nInterrupted while the trained weights were evaluated.\n"
                                     : "\nInterrupted; the run is finished and saved." +
                                           next_text(model, path, options.data_dir));
  if (result.was_finished) console.note(finished_text(options, model, path, result));

  views.finish(result, console, options.quiet);
  const Results results =
      results_of(model, data, result.weights, context, {}, !options.no_train_figures, ranks.get());
  const std::optional<FitVerdict> verdict = fit_verdict(model, result, data, results);
  if (options.json) {
    Json json = to_json(model, results);
    json["best_epoch"] = result.best_epoch;
    json["epochs"] = last_epoch(result);
    json["checkpoint"] = path.empty() ? Json(nullptr) : Json(path);
    json["verdict"] =
        verdict ? Json{{"kind", verdict->kind}, {"text", verdict->text}} : Json(nullptr);
    console.print(one_line(json));
    console.note(verdict_text(verdict));
    return ExitStatus::good;
  }
  if (!options.quiet) console.note("\n");
  console.print(outcome_text(model, result) + table_text(model, results, data));
  if (!options.quiet && !path.empty()) console.note(next_text(model, path, options.data_dir));
  if (verdict) console.note("\n" + verdict_text(verdict));
  return ExitStatus::good;
}

}  // namespace

void add_fit(CLI::App& program, Action& action) {
  auto [command, options] =
      add_command(program, action, "fit", "Train a model and save its best weights", run);
  add_model(command, options.model);
  add_data_dir(command, options.data_dir);
  add_number(command, "--threads", options.threads, 1, 1024,
             "Threads to use (default: all cores); any number gives the same result");
  add_instructions(command, &options.instructions);
  add_number(command, "--seed", options.seed, 0, UINT64_MAX,
             "Seed of the initial weights and of the shuffling (default: the model's)");
  add_number(command, "--epochs", options.epochs, 0, 1000000,
             "Passes over the training examples (default: the model's or, of a\n"
             "resumed run, those it was to have); 0 only writes the initial weights");
  add_file(command, "--checkpoint", options.checkpoint,
           "File for the weights, .npz or .safetensors (default: the model's)");
  command.add_flag("--resume", options.resume,
                   "Continue the run in the checkpoint, as if it had never stopped");
  command.add_flag("--overwrite", options.overwrite,
                   "Replace the checkpoint even if it holds another model");
  add_file(command, "--init-from", options.init_from,
           "Start from the weights in this file, .npz or .safetensors");
  command
      .add_option("--init-except", options.init_except,
                  "With --init-from: a layer that starts from random weights; repeatable")
      ->allow_extra_args(false)
      ->type_name("LAYER");
  add_file(command, "--log", options.log, "Write one line of JSON per epoch to this file");
  add_fit_views(command, options.views);
  add_json(command, options.json);
  command.add_flag("--quiet", options.quiet, "Show no progress");
  command.add_flag("--no-train-figures", options.no_train_figures,
                   "At the end, evaluate on the validation and test examples only");
  command.footer(
      "Saves the weights of the epoch that was best on the validation examples in the\n"
      "checkpoint, NAME.npz, and the run in NAME.run.npz. Ctrl-C ends the step, saves\n"
      "the run, prints the command that continues it and stops (status 130); a second\n"
      "Ctrl-C stops at once. A checkpoint of another model (name, data set or layers\n"
      "differ) is not replaced unless --overwrite says so.\n\n"
      "Examples:\n"
      "  autonet fit models/quickstart.json\n"
      "  autonet fit models/convnet1.json --data-dir ~/data --epochs 50 --log run.jsonl\n"
      "  autonet fit models/convnet1.json --report report.html\n"
      "  autonet fit models/convnet1.json --resume\n"
      "  autonet fit models/convnet2.json --init-from models/convnet1.npz \\\n"
      "    --init-except conv_1 --init-except conv_2");
}

}  // namespace autonet::cli
