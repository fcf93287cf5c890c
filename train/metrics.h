#pragma once

namespace autonet {

/// Loss and accuracy over some images.
struct Metrics {
  double loss = 0.0;      ///< the mean of the model's loss over the images
  double accuracy = 0.0;  ///< fraction of images whose label has the largest output
};

/// True if `a` is better than `b`: a higher accuracy, or the same accuracy and a lower loss. The
/// best epoch of a run is chosen by this.
inline bool better(const Metrics& a, const Metrics& b) {
  return a.accuracy > b.accuracy || (a.accuracy == b.accuracy && a.loss < b.loss);
}

}  // namespace autonet
