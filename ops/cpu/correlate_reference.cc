#include "ops/cpu/correlate.h"

namespace autonet::cpu {

void correlate_reference(const Array& x, const Array& w, const Window& window, Array& y) {
  const Shape& n = x.shape();
  const Shape& k = w.shape();
  const Shape& m = y.shape();
  const Index outputs = k[3] / window.groups;
  // The position in x under tap `tap` of output `out`; -1 where there is a zero.
  const auto place = [](Index out, Index tap, const AxisWindow& p, Index length) {
    const Index spread = out * p.stride + tap * p.kernel_dilation - p.lo;
    if (spread < 0 || spread % p.input_dilation != 0) return Index{-1};
    const Index found = spread / p.input_dilation;
    return found < length ? found : Index{-1};
  };
  for (Index b = 0; b < m[0]; ++b)
    for (Index i = 0; i < m[1]; ++i)
      for (Index j = 0; j < m[2]; ++j)
        for (Index o = 0; o < m[3]; ++o) {
          double sum = 0.0;
          for (Index r = 0; r < k[0]; ++r)
            for (Index s = 0; s < k[1]; ++s) {
              const Index row = place(i, r, window.rows, n[1]);
              const Index col = place(j, s, window.cols, n[2]);
              if (row < 0 || col < 0) continue;
              for (Index c = 0; c < k[2]; ++c) {
                sum += x.at({b, row, col, o / outputs * k[2] + c}) * w.at({r, s, c, o});
              }
            }
          y.set({b, i, j, o}, sum);
        }
}

}  // namespace autonet::cpu
