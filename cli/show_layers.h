#pragma once

#include "autonet/data/splits.h"
#include "autonet/models/model.h"
#include "autonet/train/fit_observer.h"
#include "cli/console.h"

namespace autonet::cli {

/// fit --show N: after every N updates, a training example and the outputs of all layers for it, on
/// standard error. The examples are drawn from a stream of random numbers of their own, so the run
/// stays the same.
class ShowLayers : public FitObserver {
 public:
  /// `data` must live as long as this.
  ShowLayers(Console& console, const Model& model, const Splits& data, Index every);

  void on_gradients(const StepArrays& step) override;
  void on_batch(Index epoch, Index batch, Index batches, double loss) override;

 private:
  Console& console_;
  Model model_;
  const Splits& data_;
  Index every_;
  Index updates_ = 0;
  Weights live_ = {};  // the arrays of the run
};

}  // namespace autonet::cli
