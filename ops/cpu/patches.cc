#include <algorithm>

#include "ops/cpu/dense.h"
#include "ops/cpu/pieces.h"
#include "ops/cpu/pool.h"
#include "ops/cpu/taps.h"

namespace autonet::cpu {
namespace {

/// Fills `to` from `from`, one of which holds images and the other their patches: image by image
/// copy(to, from, position in the image, position in the patches) for each pixel of each patch.
template <typename T, typename Copy>
void for_patches(Context& context, const Array& from, Array& to, const Array& image,
                 const Array& patches, const KernelSize& kernel, const Window& window, Copy copy) {
  const WindowTaps g(image.shape(), patches.shape(), kernel, window);
  const Dense<1> dense(context, {&from});
  const Index patch = patches.shape()[3];
  const Index from_size = from.size() / std::max<Index>(1, from.shape()[0]);
  const Index to_size = to.size() / std::max<Index>(1, to.shape()[0]);
  T* first = to.data<T>();
  for_pieces(context, patches.size() < kSmallMove, to.shape()[0], [&](Index n, int) {
    const T* source = dense.template data<T>(0) + n * from_size;
    T* target = first + n * to_size;
    std::fill_n(target, to_size, T{0});
    for (Index i = 0; i < g.out_rows; ++i) {
      for (Index j = 0; j < g.out_cols; ++j) {
        const Index row = (i * g.out_cols + j) * patch;
        g.taps(i, j, [&](Index tap, Index pixel) {
          copy(target, source, pixel * g.channels, row + tap * g.channels, g.channels);
        });
      }
    }
  });
}

}  // namespace

void gather_patches(Context& context, const Array& x, const KernelSize& kernel,
                    const Window& window, Array& y) {
  const auto copy = [](auto* to, const auto* from, Index pixel, Index place, Index channels) {
    std::copy_n(from + pixel, channels, to + place);
  };
  y.dtype() == DType::f32 ? for_patches<float>(context, x, y, x, y, kernel, window, copy)
                          : for_patches<double>(context, x, y, x, y, kernel, window, copy);
}

void scatter_patches(Context& context, const Array& ybar, const KernelSize& kernel,
                     const Window& window, Array& xbar) {
  const auto add = [](auto* to, const auto* from, Index pixel, Index place, Index channels) {
    for (Index c = 0; c < channels; ++c) to[pixel + c] += from[place + c];
  };
  xbar.dtype() == DType::f32
      ? for_patches<float>(context, ybar, xbar, xbar, ybar, kernel, window, add)
      : for_patches<double>(context, ybar, xbar, xbar, ybar, kernel, window, add);
}

}  // namespace autonet::cpu
