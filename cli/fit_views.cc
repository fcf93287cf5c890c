#include "cli/fit_views.h"

#include <unistd.h>

#include "cli/report/report.h"
#include "cli/shared_options.h"
#include "cli/show_layers.h"
#include "cli/tensorboard.h"
#include "cli/terminal_curves.h"

namespace autonet::cli {

void add_fit_views(CLI::App& command, FitViewOptions& options) {
  add_file(command, "--report", options.report,
           "Write a page with curves, layers and mistakes (HTML), anew after each epoch");
  command
      .add_option("--tensorboard", options.tensorboard,
                  "Write the figures of each epoch to this folder for TensorBoard")
      ->type_name("DIR");
  add_number(command, "--show", options.show, 1, 1'000'000'000,
             "Every N updates, show a training example and the outputs of all layers");
  command.add_flag("--curves", options.curves,
                   "Draw loss and accuracy over the epochs at the end, also where the output\n"
                   "does not go to a terminal");
}

FitViews::FitViews(const FitViewOptions& options, Console& console, const Model& model,
                   const Splits& data, int threads)
    : options_(options) {
  if (!options.report.empty()) {
    report_ = std::make_unique<Report>(options.report, model, data, threads);
    views_.push_back(report_.get());
  }
  if (!options.tensorboard.empty()) {
    tensorboard_ = std::make_unique<TensorBoardLog>(options.tensorboard, model);
    views_.push_back(tensorboard_.get());
  }
  if (options.show) {
    show_ = std::make_unique<ShowLayers>(console, model, data, *options.show);
    views_.push_back(show_.get());
  }
}

FitViews::~FitViews() = default;

void FitViews::on_resume(std::span<const EpochReport> finished) {
  if (progress_ != nullptr) progress_->on_resume(finished);
  for (FitObserver* view : views_) view->on_resume(finished);
}

void FitViews::on_start(Index finished, Index epochs) {
  if (progress_ != nullptr) progress_->on_start(finished, epochs);
  for (FitObserver* view : views_) view->on_start(finished, epochs);
}

void FitViews::on_gradients(const StepArrays& step) {
  for (FitObserver* view : views_) view->on_gradients(step);
}

void FitViews::on_batch(Index epoch, Index batch, Index batches, double loss) {
  if (progress_ != nullptr) progress_->on_batch(epoch, batch, batches, loss);
  for (FitObserver* view : views_) view->on_batch(epoch, batch, batches, loss);
}

void FitViews::on_epoch(const EpochReport& report) {
  if (progress_ != nullptr) progress_->on_epoch(report);
  for (FitObserver* view : views_) view->on_epoch(report);
}

void FitViews::finish(const Trained& result, Console& console, bool quiet) {
  if (!quiet && (options_.curves || ::isatty(STDERR_FILENO) == 1)) {
    const std::string curves = terminal_curves(result.epochs, result.model.classes() == 0,
                                               console.width(), console.unicode());
    if (!curves.empty()) console.note("\n" + curves);
  }
  if (report_ == nullptr) return;
  report_->finish(result);
  if (!quiet) console.note("The report is in " + options_.report + "\n");
}

}  // namespace autonet::cli
