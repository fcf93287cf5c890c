#pragma once

#include "autonet/check/options.h"
#include "autonet/check/report.h"
#include "check/evidence.h"
#include "check/subject.h"

namespace autonet::internal {

/// Compares a claimed gradient of point i with the evidence.
TensorCheck judge(const Subject& subject, size_t i, const Evidence& evidence, const Array& gradient,
                  const CheckGradOptions& options);

/// The same for the subject's own gradient. Before it fails, the rounding of forward mode and of
/// the complex step is measured and added to the evidence.
TensorCheck judge_own(Subject& subject, size_t i, Evidence& evidence,
                      const CheckGradOptions& options);

}  // namespace autonet::internal
