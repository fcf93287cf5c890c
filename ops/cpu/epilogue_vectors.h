// No #pragma once: read once for each instruction set, inside foreach_target.h.
#if defined(AUTONET_OPS_CPU_EPILOGUE_VECTORS) == defined(HWY_TARGET_TOGGLE)
#ifdef AUTONET_OPS_CPU_EPILOGUE_VECTORS
#undef AUTONET_OPS_CPU_EPILOGUE_VECTORS
#else
#define AUTONET_OPS_CPU_EPILOGUE_VECTORS
#endif

#include <hwy/highway.h>

#include "ops/cpu/epilogue.h"

HWY_BEFORE_NAMESPACE();
namespace autonet::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// The epilogue of a vector of sums, or of one sum in a vector of one lane. `bias` holds the
/// numbers of their channels (anything if there is no bias), gate() reads the gate at their place.
template <typename D, typename T, typename Gate>
HWY_INLINE hn::Vec<D> finish(D d, const Epilogue<T>& epilogue, hn::Vec<D> y, hn::Vec<D> bias,
                             Gate gate) {
  const hn::Vec<D> zero = hn::Zero(d);
  if (epilogue.bias != nullptr) y = hn::Add(y, bias);
  if (epilogue.relu) y = hn::IfThenZeroElse(hn::Lt(y, zero), y);  // a NaN stays a NaN
  if (epilogue.gate != nullptr) y = hn::IfThenZeroElse(hn::Le(gate(), zero), y);
  return y;
}

}  // namespace HWY_NAMESPACE
}  // namespace autonet::cpu
HWY_AFTER_NAMESPACE();

#endif
