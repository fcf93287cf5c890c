#pragma once

#include <vector>

#include "autonet/train/fit_observer.h"
#include "cli/json.h"

namespace autonet::cli {

/// Follows a run and keeps what the curves of a report show: for each epoch losses, accuracies,
/// learning rate and time, and for each parameter the norm of its gradient in the epoch's last step
/// and how much that step changed it: |change| / |parameter|.
///
/// The parameters are copied once in each epoch, before its last step.
class History {
 public:
  explicit History(const Model& model) : model_(model) {}

  /// Called first if a run is resumed, with its finished epochs and the data of an earlier page, as
  /// json() gives them, or null. Gradients, updates and times are taken over for those epochs that
  /// are the same in both.
  void resume(std::span<const EpochReport> finished, const Json& page);
  void on_gradients(const StepArrays& step);
  /// Called after the epoch's last step.
  void on_epoch(const EpochReport& report);
  /// Takes the losses and accuracies of all epochs of a run, those before a resume included.
  void complete(const std::vector<EpochReport>& epochs);

  bool empty() const { return epochs_.empty(); }
  const EpochReport& last() const { return epochs_.back(); }
  /// The weights after the last step, while the run goes on.
  const Weights& weights() const { return live_; }

  /// {"epochs": [{…}, …], "norms": {"names": […], "epochs": […], "gradients": [[…]],
  /// "updates": [[…]], "missing": [[first, last], …]}}, with at most kMostPoints epochs, evenly
  /// chosen. "missing" are the epochs whose gradients and updates are not known.
  Json json() const;

 private:
  Json metrics_json(const Metrics& metrics) const;
  Json missing_json() const;

  static constexpr size_t kMostPoints = 500;

  struct Norms {
    Index epoch = 0;
    std::vector<double> gradients = {};
    std::vector<double> updates = {};
  };

  Model model_;
  Weights live_ = {};               // the arrays of the run
  std::vector<Array> before_ = {};  // copies of the parameters before the epoch's last step
  std::vector<double> gradients_ = {};
  std::vector<EpochReport> epochs_ = {};
  std::vector<Norms> norms_ = {};
};

}  // namespace autonet::cli
