// autonet verify-resume: shows that stopping and resuming a model's training changes no byte.
#include "train/verify_resume.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "autonet/train/load_data.h"
#include "cli/called.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/json.h"
#include "cli/shared_options.h"
#include "cli/trained_model.h"
#include "text/numbers.h"
#include "text/table.h"

namespace autonet::cli {
namespace {

using internal::ResumeReport;
using internal::StopPoint;

struct Options {
  ModelChoice model;
  std::string data_dir;
  int threads = hardware_threads();
  Index epochs = 2;
  bool json = false;
  bool quiet = false;
};

/// A temporary folder, removed with its files at the end of the scope.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "autonet-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
      throw DataError(text::concat("making a folder ", name, ": ", std::strerror(errno)));
    }
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string verdict_of(const ResumeReport& report) {
  return report.stopped ? "INTERRUPTED" : report.good() ? "PASSED" : "FAILED";
}

std::string report_text(const Model& model, const Options& options, const ResumeReport& report) {
  std::string text = text::concat(verdict_of(report), ": ", model.name(), ", ",
                                  text::counted(options.epochs, "epoch"),
                                  ", stopped and resumed, against a run that was not stopped\n\n");
  text::Table table({"stopped in epoch", "after batch", "weights", "run"});
  const auto word = [](bool same) { return same ? "same bytes" : "DIFFER"; };
  for (const StopPoint& point : report.points) {
    table.add({text::concat(point.epoch), text::concat(point.batch, " of ", point.batches),
               word(point.same_weights), word(point.same_run)});
  }
  if (!report.stopped) {
    table.add({"all of these", "", word(report.all_at_once), word(report.all_at_once)});
  }
  return text + table.text();
}

Json to_json(const Model& model, const Options& options, const ResumeReport& report) {
  auto points = Json::array();
  for (const StopPoint& point : report.points) {
    points.push_back({{"epoch", point.epoch},
                      {"batch", point.batch},
                      {"batches", point.batches},
                      {"same_weights", point.same_weights},
                      {"same_run", point.same_run}});
  }
  return {{"model", model.name()},
          {"verdict", verdict_of(report)},
          {"epochs", options.epochs},
          {"points", points},
          {"all_points_in_turn", report.all_at_once}};
}

ExitStatus run(const Options& options, Console& console) {
  const Model model = load_model(options.model.name, options.model.settings);
  if (const std::string path = model.checkpoint_path(); !path.empty()) {
    console.note(made_elsewhere(path));  // what passes here need not hold for that run
  }
  const Splits data = load_data(model, {options.data_dir});
  Context context(options.threads);
  const Interrupt interrupt;
  const Folder folder;
  internal::VerifyResumeOptions how{.validation = data.validation,
                                    .epochs = options.epochs,
                                    .folder = folder.path(),
                                    .stop = interrupt.flag()};
  if (!options.quiet) {
    how.progress = [&console](const std::string& what) {
      console.note("Training: " + what + "\n");
    };
  }
  const ResumeReport report = internal::verify_resume(model, data.train, context, how);
  console.print(options.json ? indented(to_json(model, options, report))
                             : report_text(model, options, report));
  if (report.stopped) return ExitStatus::interrupted;
  return report.good() ? ExitStatus::good : ExitStatus::failed;
}

}  // namespace

void add_verify_resume(CLI::App& program, Action& action) {
  auto [command, options] =
      add_command(program, action, "verify-resume",
                  "Check that stopping and resuming a run changes no byte of it", run);
  add_model(command, options.model);
  add_data_dir(command, options.data_dir);
  add_threads(command, options.threads);
  add_number(command, "--epochs", options.epochs, 1, 1000, "Passes over the training examples")
      ->capture_default_str();
  add_json(command, options.json);
  command.add_flag("--quiet", options.quiet, "Show no progress");
  command.footer(
      "Trains the model in a temporary folder without a stop, then stops and resumes it\n"
      "after the first step, within epochs, between them and before the last step, and\n"
      "compares the bytes of the weights and of the run. Status 0 if all are the same,\n"
      "1 if not.\n\n"
      "Example:\n"
      "  autonet verify-resume models/quickstart.json --epochs 2");
}

}  // namespace autonet::cli
