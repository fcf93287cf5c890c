// No #pragma once: read once for each instruction set, inside foreach_target.h.
#if defined(AUTONET_OPS_CPU_VECTOR_RUNS) == defined(HWY_TARGET_TOGGLE)
#ifdef AUTONET_OPS_CPU_VECTOR_RUNS
#undef AUTONET_OPS_CPU_VECTOR_RUNS
#else
#define AUTONET_OPS_CPU_VECTOR_RUNS
#endif

#include <hwy/highway.h>

#include "autonet/autograd/shape.h"

HWY_BEFORE_NAMESPACE();
namespace autonet::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// part(d, at) for runs of numbers that fill a vector of type d, and for single ones at the end.
template <typename T, typename Part>
HWY_INLINE void in_vectors(Index count, Part part) {
  const hn::ScalableTag<T> d;
  const Index lanes = static_cast<Index>(hn::Lanes(d));
  Index at = 0;
  for (; at + lanes <= count; at += lanes) part(d, at);
  for (; at < count; ++at) part(hn::CappedTag<T, 1>(), at);
}

/// The same for parts that may be done twice: the last run overlaps the one before it. Single
/// numbers only where there is no whole run.
template <typename T, typename Part>
HWY_INLINE void in_overlapping_vectors(Index count, Part part) {
  const hn::ScalableTag<T> d;
  const Index lanes = static_cast<Index>(hn::Lanes(d));
  if (count < lanes) return in_vectors<T>(count, part);
  Index at = 0;
  for (; at + lanes <= count; at += lanes) part(d, at);
  if (at < count) part(d, count - lanes);
}

}  // namespace HWY_NAMESPACE
}  // namespace autonet::cpu
HWY_AFTER_NAMESPACE();

#endif
