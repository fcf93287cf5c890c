#pragma once

#include "check/evidence.h"
#include "check/report.h"

namespace autonet {

/// Holds a claimed gradient of point i against the evidence.
TensorCheck judge(const Subject& subject, size_t i, const Evidence& evidence, const Array& gradient,
                  const CheckGradOptions& options);

/// The same for the subject's own gradient. Before it fails, the evidence learns how much of
/// forward mode and the complex step is rounding.
TensorCheck judge_own(Subject& subject, size_t i, Evidence& evidence,
                      const CheckGradOptions& options);

}  // namespace autonet
