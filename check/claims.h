#pragma once

#include "autonet/check/options.h"
#include "autonet/check/report.h"
#include "check/subject.h"

// Claims about a whole computation. A claim that had nothing to compare says why in its details.
namespace autonet::internal {

/// y twice on the same recording, then y and its gradient recorded again, with another number of
/// threads: the same bits.
ClaimCheck check_repeatable(Subject& subject, const Computation& computation,
                            const CheckGradOptions& options, int order);

/// Differences of y as it runs, along one direction of all points, against <gradient, u>: a check
/// of everything at once that uses neither rules nor complex steps. Nothing is compared on kinks,
/// or where rounding hides the slope.
ClaimCheck check_differences(Subject& subject, const CheckGradOptions& options);

/// For y of order 2, <c, gradient>: its complex step along u is the slope along u of the complex
/// step along c of y of order 1, which uses no rule. This finds a rule that gives the right value
/// but does not depend on x where it should.
ClaimCheck check_curvature(Subject& first, Subject& second, const CheckGradOptions& options);

/// Calls that treat each row, along axis 0, by itself: every row is what the call gives for that
/// row alone. A call counts as one if no row depends on the inputs of another and the first three
/// rows, or more than half of all, are right. Finds values that go wrong beyond some size, or in
/// one row, in both precisions, as those of a ReLU, which its rule does not use.
ClaimCheck check_rows(Subject& subject);

/// Every convolution by both methods, sliding and gathered patches, which share no rule, on whole
/// numbers, on which f64 does not round: the value and both gradients must be the same, element by
/// element.
ClaimCheck check_methods(Subject& subject, const CheckGradOptions& options);

/// Runs y and its gradient in f32 as training does (with fused steps and Winograd's algorithm), and
/// compares each step with the same calls in f64, at the numbers that the step reads. So both make
/// the same choices, and an error has an address. The unit is the error that rounding to f32 should
/// cause in that step, measured: see rounding.h. Without `gradient`, y alone. INCONCLUSIVE where a
/// number leaves the range of f32. If the computation does not run in f32 at all, nothing is
/// compared, and the details say why.
ClaimCheck check_precision(const Computation& computation, const CheckGradOptions& options,
                           Context& context, bool gradient = true);

}  // namespace autonet::internal
