#pragma once

#include "check/evidence.h"
#include "check/report.h"

namespace autonet {

/// Holds a claimed gradient of point i against the evidence.
TensorCheck judge(const Subject& subject, size_t i, const Evidence& evidence, const Array& gradient,
                  const CheckGradOptions& options);

}  // namespace autonet
