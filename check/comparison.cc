#include "check/comparison.h"

#include <cmath>

namespace autonet::internal {

double worse(double p, double q) {
  return std::isnan(p) || p >= q ? p : q;
}

Agreement compare(double claimed, double known, double size, const Tolerance& tolerance,
                  const Doubt& doubt) {
  const double error = std::abs(claimed - known);
  // Written so that a NaN among the numbers disagrees.
  if (!(error <= tolerance.loose + doubt.most)) return Agreement::disagrees;
  if (!(size > 0.0 && doubt.likely <= kTrusted * size)) return Agreement::hidden;
  return error <= tolerance.tight + doubt.likely ? Agreement::agrees : Agreement::hidden;
}

}  // namespace autonet::internal
