#include "autonet/train/metrics.h"

namespace autonet {

bool better(const Metrics& a, const Metrics& b) {
  return a.accuracy > b.accuracy || (a.accuracy == b.accuracy && a.loss < b.loss);
}

}  // namespace autonet
