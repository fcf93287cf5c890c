#pragma once

namespace autonet {

/// How well a model does on some examples.
struct Metrics {
  double loss = 0.0;      ///< the mean of the model's loss over the examples
  double accuracy = 0.0;  ///< fraction of examples whose label has the largest output; 0 if there
                          ///< are no classes
  /// Root mean squared error, over all targets; 0 if there are classes.
  double rmse = 0.0;
};

/// True if `a` is better than `b`: a higher accuracy, or the same accuracy and a lower loss. The
/// best epoch of a run is chosen by this.
inline bool better(const Metrics& a, const Metrics& b) {
  return a.accuracy > b.accuracy || (a.accuracy == b.accuracy && a.loss < b.loss);
}

}  // namespace autonet
