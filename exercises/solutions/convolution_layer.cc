// A solution of exercise 1.
#include "exercises/layers.h"

namespace exercise {

Array convolution_forward(const Array& x, const Array& w, const Array& b, Index padding) {
  const Index images = x.shape()[0];
  const Index inputs = w.shape()[2];
  const Index outputs = w.shape()[3];
  const Index rows = x.shape()[1] + 2 * padding - w.shape()[0] + 1;
  const Index cols = x.shape()[2] + 2 * padding - w.shape()[1] + 1;
  Array y = zeros({images, rows, cols, outputs});
  for (Index n = 0; n < images; ++n) {
    for (Index k = 0; k < outputs; ++k) {
      for (Index c = 0; c < inputs; ++c) {
        add_to_image(y, n, k, convolve(image_of(x, n, c), flip(kernel_of(w, c, k)), padding));
      }
      for (Index i = 0; i < rows; ++i) {
        for (Index j = 0; j < cols; ++j) y.set({n, i, j, k}, y.at({n, i, j, k}) + b.at({k}));
      }
    }
  }
  return y;
}

Gradients convolution_backward(const Array& x, const Array& w, const Array& ybar, Index padding) {
  const Index images = x.shape()[0];
  const Index inputs = w.shape()[2];
  const Index outputs = w.shape()[3];
  Gradients bars = {zeros(x.shape()), zeros(w.shape()), zeros({outputs})};
  for (Index n = 0; n < images; ++n) {
    for (Index k = 0; k < outputs; ++k) {
      const Array bar = image_of(ybar, n, k);
      for (Index c = 0; c < inputs; ++c) {
        const Array kernel = kernel_of(w, c, k);
        add_to_image(bars.xbar, n, c, convolve(bar, kernel, w.shape()[0] - padding - 1));
        add_to_kernel(bars.wbar, c, k, convolve(image_of(x, n, c), flip(bar), padding));
      }
      for (Index i = 0; i < bar.shape()[0]; ++i) {
        for (Index j = 0; j < bar.shape()[1]; ++j)
          bars.bbar.set({k}, bars.bbar.at({k}) + bar.at({i, j}));
      }
    }
  }
  return bars;
}

}  // namespace exercise
