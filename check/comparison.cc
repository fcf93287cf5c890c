#include "check/comparison.h"

#include <cmath>

namespace autonet::internal {

double worse(double p, double q) {
  return std::isnan(p) || p >= q ? p : q;
}

Agreement compare(double claimed, double known, double size, const Tolerance& tolerance,
                  double doubt) {
  const double error = std::abs(claimed - known);
  // Written so that a NaN among the numbers disagrees.
  if (!(error <= tolerance.loose + doubt)) return Agreement::disagrees;
  if (!(size > 0.0 && doubt <= kTrusted * size)) return Agreement::hidden;
  return error <= tolerance.tight + doubt ? Agreement::agrees : Agreement::hidden;
}

}  // namespace autonet::internal
