#pragma once

#include <string>

#include "autonet/train/fit.h"
#include "cli/judgement.h"
#include "cli/report/filters.h"
#include "cli/report/history.h"

namespace autonet::cli {

/// The page of `fit --report`: one HTML file that needs nothing else, written anew after each epoch
/// and at the end of the run. It changes no number of the run.
class Report : public FitObserver {
 public:
  /// Throws DataError if the file cannot be written. The data must live as long as the report.
  Report(std::string path, const Model& model, const Splits& data, int threads);

  /// Takes over the curves of the resumed run from the page that is there, if it is of this run.
  void on_resume(std::span<const EpochReport> finished) override;
  void on_gradients(const StepArrays& step) override;
  /// Writes the page with the last weights, judged on the validation examples.
  void on_epoch(const EpochReport& report) override;
  /// Writes the page with the weights of the best epoch, judged on the test examples.
  void finish(const Trained& result);

 private:
  void write(const Weights& weights, const NamedPart& part, const Json& state);

  std::string path_;
  Model model_;
  const Splits& data_;
  int threads_;
  Context context_;  // not that of the run, whose scratch memory stays as it is
  History history_;
  Filters filters_;
  std::string graph_;  // the program of a training step, in SVG
};

}  // namespace autonet::cli
