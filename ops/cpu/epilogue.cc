#include "ops/cpu/epilogue.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/cpu/epilogue.cc"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

#include "ops/cpu/epilogue_vectors.h"
#include "ops/cpu/vector_runs.h"

HWY_BEFORE_NAMESPACE();
namespace autonet::cpu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <typename T>
HWY_INLINE void apply_rows(const Epilogue<T>& epilogue, T* y, Index rows, Index columns) {
  for (Index row = 0; row < rows; ++row) {
    const auto part = [&](auto d, Index k) HWY_ATTR {
      const Index at = row * columns + k;
      const auto bias = epilogue.bias == nullptr ? hn::Zero(d) : hn::LoadU(d, epilogue.bias + k);
      const auto gate = [&]() HWY_ATTR { return hn::LoadU(d, epilogue.gate + at); };
      hn::StoreU(finish(d, epilogue, hn::LoadU(d, y + at), bias, gate), d, y + at);
    };
    in_vectors<T>(columns, part);
  }
}

void apply_f32(const Epilogue<float>& epilogue, float* y, Index rows, Index columns) {
  apply_rows(epilogue, y, rows, columns);
}
void apply_f64(const Epilogue<double>& epilogue, double* y, Index rows, Index columns) {
  apply_rows(epilogue, y, rows, columns);
}

}  // namespace HWY_NAMESPACE
}  // namespace autonet::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace autonet::cpu {

HWY_EXPORT(apply_f32);
HWY_EXPORT(apply_f64);

void apply(const Epilogue<float>& epilogue, float* y, Index rows, Index columns) {
  if (!epilogue.empty()) HWY_DYNAMIC_DISPATCH(apply_f32)(epilogue, y, rows, columns);
}
void apply(const Epilogue<double>& epilogue, double* y, Index rows, Index columns) {
  if (!epilogue.empty()) HWY_DYNAMIC_DISPATCH(apply_f64)(epilogue, y, rows, columns);
}

}  // namespace autonet::cpu
#endif  // HWY_ONCE
