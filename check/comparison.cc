#include "check/comparison.h"

#include <algorithm>
#include <cmath>

namespace autonet {

Agreement compare(double claimed, double known, double size, double allowed, double uncertainty) {
  const double error = std::abs(claimed - known);
  // Written so that a NaN among the numbers disagrees.
  if (!(error <= allowed + uncertainty)) return Agreement::disagrees;
  if (!(size > uncertainty)) return Agreement::hidden;
  const bool close = error <= allowed + std::min(uncertainty, kTrusted * size);
  return close ? Agreement::agrees : Agreement::hidden;
}

}  // namespace autonet
