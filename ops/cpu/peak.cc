#include "ops/cpu/peak.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/cpu/peak.cc"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace autonet::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <typename T>
HWY_INLINE double burst(Index rounds) {
  const hn::ScalableTag<T> d;
  constexpr int kChains = 12;  // enough to hide the latency, and few enough for 16 registers
  hn::Vec<decltype(d)> sum[kChains];
  for (int i = 0; i < kChains; ++i) sum[i] = hn::Set(d, static_cast<T>(i));
  const auto a = hn::Set(d, static_cast<T>(0.5));
  const auto b = hn::Set(d, static_cast<T>(1.0));
  for (Index round = 0; round < rounds; ++round) {
    for (auto& chain : sum) chain = hn::MulAdd(chain, a, b);
  }
  // The result depends on the sums, so that the compiler keeps the loop.
  T total{0};
  for (const auto& chain : sum) total += hn::GetLane(chain);
  const double done = static_cast<double>(rounds) * kChains * static_cast<double>(hn::Lanes(d));
  return total < T{0} ? 0.0 : done;
}

double burst_f32(Index rounds) {
  return burst<float>(rounds);
}
double burst_f64(Index rounds) {
  return burst<double>(rounds);
}
const char* target_name() {
  return hwy::TargetName(HWY_TARGET);
}

}  // namespace HWY_NAMESPACE
}  // namespace autonet::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace autonet::cpu {

HWY_EXPORT(burst_f32);
HWY_EXPORT(burst_f64);
HWY_EXPORT(target_name);

double multiply_add_at_peak(DType dtype, Index rounds) {
  return dtype == DType::f32 ? HWY_DYNAMIC_DISPATCH(burst_f32)(rounds)
                             : HWY_DYNAMIC_DISPATCH(burst_f64)(rounds);
}

const char* instruction_set() {
  return HWY_DYNAMIC_DISPATCH(target_name)();
}

}  // namespace autonet::cpu
#endif  // HWY_ONCE
