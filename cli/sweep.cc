// autonet sweep: trains a model with several values of its settings, and compares the runs.
#include <algorithm>
#include <cstdint>
#include <filesystem>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "autonet/train/load_data.h"
#include "cli/called.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/sweep_text.h"
#include "text/numbers.h"
#include "text/table.h"
#include "train/sweep.h"

namespace autonet::cli {
namespace {

using internal::SweepAxis;
using internal::SweepRun;
using internal::SweepSettings;

/// What is given with --set: what varies, and what all runs have.
struct Choices {
  std::vector<SweepAxis> axes;
  std::vector<std::string> fixed;
};

Choices choices_of(const std::vector<std::string>& settings) {
  Choices choices;
  std::vector<std::string> paths;
  for (const std::string& setting : settings) {
    const SweepAxis axis = internal::parse_axis(setting);
    if (std::ranges::count(paths, axis.path) > 0) {
      throw ModelError(text::concat("--set ", setting, ": ", axis.path,
                                    " is given twice; give all of its values in one --set"));
    }
    paths.push_back(axis.path);
    if (axis.values.size() == 1) {
      choices.fixed.push_back(setting);
    } else {
      choices.axes.push_back(axis);
    }
  }
  if (choices.axes.empty()) {
    throw ModelError(
        "sweep: nothing varies; give values to choose from, as in\n"
        "  --set training.optimizer.learning_rate=0.1,0.01");
  }
  return choices;
}

/// The models of the runs, all read and checked before any is trained.
std::vector<SweepRun> runs_of(const SweepArguments& arguments, const Choices& choices,
                              const Model& base, const std::vector<SweepSettings>& all,
                              const std::string& folder) {
  const bool data_vary = std::ranges::any_of(choices.axes, [](const SweepAxis& axis) {
    return axis.path.starts_with("data") || axis.path.starts_with("/data");
  });
  std::vector<SweepRun> runs;
  for (const SweepSettings& settings : all) {
    std::vector<std::string> both = choices.fixed;
    both.insert(both.end(), settings.begin(), settings.end());
    // What a model takes from data of one's own is read once.
    const Model model = base.data().own() && !data_vary
                            ? Model::parse(base.text(), base.file(), settings)
                            : load_model(arguments.model.name, both);
    std::string number = text::concat(runs.size() + 1);
    number.insert(0, number.size() < 3 ? 3 - number.size() : 0, '0');
    runs.push_back(
        {.number = std::ssize(runs) + 1,
         .settings = settings,
         .model = model,
         .checkpoint = (std::filesystem::path(folder) / ("run-" + number + ".npz")).string()});
  }
  return runs;
}

ExitStatus run(const SweepArguments& arguments, Console& console) {
  Interrupt interrupt;
  interrupt.end_at_once("\nInterrupted before training began.\n");
  const Choices choices = choices_of(arguments.model.settings);
  const Model base = load_model(arguments.model.name, choices.fixed);
  const std::vector<SweepSettings> all =
      arguments.random
          ? internal::random_of(choices.axes, *arguments.random, arguments.seed.value_or(1))
          : internal::grid_of(choices.axes);
  const std::string folder = arguments.folder.empty() ? base.name() + ".sweep" : arguments.folder;
  std::vector<SweepRun> runs = runs_of(arguments, choices, base, all, folder);
  const int most = static_cast<int>(std::min<size_t>(runs.size(), 1024));
  const int jobs = std::min(most, arguments.jobs.value_or(std::min(4, arguments.threads)));
  if (!arguments.quiet) {
    if (arguments.random && std::ssize(runs) < *arguments.random) {
      console.note(text::concat("There are only ", text::counted(std::ssize(runs), "combination"),
                                " of these values.\n"));
    }
    console.note(start_text(arguments, runs, jobs, folder));
  }
  interrupt.raise_flag();
  internal::SweepOptions options{
      .folder = folder,
      .plan = base.text(),
      .resume = arguments.resume,
      .jobs = jobs,
      .threads = arguments.threads,
      .halving = arguments.halving ? arguments.factor : 0,
      .data = [&](const Model& model) { return load_data(model, {arguments.data_dir}); },
      .stop = interrupt.flag()};
  if (!arguments.quiet) {
    options.progress = [&](const SweepRun& run) { console.note(progress_text(run, runs.size())); };
  }
  if (!internal::run_sweep(runs, options)) {
    console.note(text::concat("Interrupted; the sweep is saved in ", folder, ". To go on:\n  ",
                              continued_by(arguments), "\n"));
    return ExitStatus::interrupted;
  }
  std::vector<SweepRun> ranked = runs;
  std::ranges::sort(ranked, [](const SweepRun& a, const SweepRun& b) {
    return internal::ranks_before(a, b, INT64_MAX);
  });
  const SweepRun& best = ranked.front();
  console.print(arguments.json ? indented(ranked_json(arguments, ranked)) : ranked_text(ranked));
  if (!best.error.empty()) return ExitStatus::failed;  // all have
  if (!arguments.quiet && best.best() != nullptr) {
    console.note(text::concat("\nThe best by validation is run ", best.number, ". Try next:\n  ",
                              evaluated_by(arguments, choices.fixed, best), "\n"));
  }
  return ExitStatus::good;
}

}  // namespace

void add_sweep(CLI::App& program, Action& action) {
  auto [command, options] =
      add_command(program, action, "sweep",
                  "Train a model with several values of its settings and compare the runs", run);
  command
      .add_option("MODEL", options.model.name,
                  "The model's JSON file, or the name of an installed model")
      ->required()
      ->type_name("");
  command
      .add_option("--set", options.model.settings,
                  "Values to try: a list a,b,c or, with --random, a range lo..hi or log:lo..hi; "
                  "a single value holds for all runs; repeatable")
      ->allow_extra_args(false)
      ->type_name("PATH=VALUES");
  CLI::Option* random = add_number(command, "--random", options.random, 1, internal::kMaxSweepRuns,
                                   "Draw N combinations at random (default: every combination)");
  add_number(command, "--seed", options.seed, 0, UINT64_MAX, "Seed of these draws (default: 1)")
      ->needs(random);
  CLI::Option* halving =
      command.add_flag("--halving", options.halving,
                       "Train all runs for a few epochs, go on with the best third, and so on");
  add_number(command, "--factor", options.factor, 2, 100,
             "With --halving: one run in N goes on, for N times the epochs")
      ->capture_default_str()
      ->needs(halving);
  add_data_dir(command, options.data_dir);
  add_number(
      command, "--jobs", options.jobs, 1, 1024,
      "Runs at once (default: one per thread, at most 4); any number gives the same results");
  add_number(command, "--threads", options.threads, 1, 1024,
             "Threads of all runs together (default: all cores)");
  add_instructions(command, &options.instructions);
  command.add_option("--out", options.folder, "Folder for the runs (default: NAME.sweep)")
      ->type_name("DIR");
  command.add_flag("--resume", options.resume, "Go on with the sweep in the folder");
  add_json(command, options.json);
  command.add_flag("--quiet", options.quiet, "Show no progress");
  command.footer(
      "Prints the runs from the lowest validation loss to the highest, each at its best\n"
      "epoch. Test data are never used. Everything else about a run comes from the\n"
      "model. Bounds of a range that are whole numbers give whole numbers. Ctrl-C saves\n"
      "the runs and prints the command that goes on (status 130). Status 1 if all runs\n"
      "failed.\n\n"
      "Examples:\n"
      "  autonet sweep models/quickstart.json \\\n"
      "    --set training.optimizer.learning_rate=0.1,0.03,0.01 --set training.epochs=3\n"
      "  autonet sweep models/quickstart.json --random 9 --halving \\\n"
      "    --set training.optimizer.learning_rate=log:0.001..1 \\\n"
      "    --set training.optimizer.momentum=0.0..0.95");
}

}  // namespace autonet::cli
