#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "autonet/data/splits.h"
#include "autonet/train/fit.h"
#include "cli/console.h"

namespace autonet::cli {

class Report;
class ShowLayers;
class TensorBoardLog;

/// The options of fit that show a run in other ways than line by line.
struct FitViewOptions {
  std::string report;
  std::string tensorboard;
  std::optional<Index> show;  // updates between two examples
  bool curves = false;        // also where standard error is not a terminal
};

void add_fit_views(CLI::App& command, FitViewOptions& options);

/// Passes what happens in a run on to the progress and to every view that the options ask for. None
/// of them changes a number of the run.
class FitViews : public FitObserver {
 public:
  /// Throws DataError if a view's file cannot be written. The data must live as long as the views.
  FitViews(const FitViewOptions& options, Console& console, const Model& model, const Splits& data,
           int threads);
  ~FitViews() override;

  /// Sets the observer that is called first.
  void follow(FitObserver* progress) { progress_ = progress; }
  void on_resume(std::span<const EpochReport> finished) override;
  void on_start(Index finished, Index epochs) override;
  void on_gradients(const StepArrays& step) override;
  void on_batch(Index epoch, Index batch, Index batches, double loss) override;
  void on_epoch(const EpochReport& report) override;
  /// Called when the run is over and was not interrupted.
  void finish(const Trained& result, Console& console, bool quiet);

 private:
  FitViewOptions options_;
  FitObserver* progress_ = nullptr;
  std::unique_ptr<Report> report_;
  std::unique_ptr<TensorBoardLog> tensorboard_;
  std::unique_ptr<ShowLayers> show_;
  std::vector<FitObserver*> views_;
};

}  // namespace autonet::cli
