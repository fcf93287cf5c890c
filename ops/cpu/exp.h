// No #pragma once: read once for each instruction set, inside foreach_target.h.
#if defined(AUTONET_OPS_CPU_EXP) == defined(HWY_TARGET_TOGGLE)
#ifdef AUTONET_OPS_CPU_EXP
#undef AUTONET_OPS_CPU_EXP
#else
#define AUTONET_OPS_CPU_EXP
#endif

#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace autonet::cpu {
namespace HWY_NAMESPACE {

/// e^x in each lane for every x: infinity where it overflows, 0 where it underflows, NaN of NaN.
/// Highway's own Exp gives arbitrary numbers above 104 (floats) or 745 (doubles), and 0 of NaN.
template <typename D, typename V>
HWY_INLINE V exp_of(D d, V x) {
  namespace hn = hwy::HWY_NAMESPACE;
  using T = hn::TFromD<D>;
  const V bounded = hn::Min(x, hn::Set(d, static_cast<T>(sizeof(T) == 4 ? 104 : 710)));
  return hn::IfThenElse(hn::IsNaN(x), x, hn::Exp(d, bounded));
}

}  // namespace HWY_NAMESPACE
}  // namespace autonet::cpu
HWY_AFTER_NAMESPACE();

#endif
