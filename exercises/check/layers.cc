// What layers.h offers to the exercises.
#include "exercises/layers.h"

namespace exercise {
namespace {

using autonet::DType;

/// Throws Mistake unless the part [R,S] has the size of what it is added to.
void require_size(const char* what, const Array& part, Index rows, Index cols, const char* hint) {
  if (part.rank() == 2 && part.shape()[0] == rows && part.shape()[1] == cols) return;
  throw Mistake(std::string(what) + " was given the shape " + part.shape().str() + ", but " +
                Shape{rows, cols}.str() +
                " is needed;\n     check the padding: convolve() gives image + 2 padding - kernel "
                "+ 1 rows" +
                hint);
}

}  // namespace

Array zeros(const Shape& shape) {
  return Array::zeros({shape, DType::f64});
}

Array image_of(const Array& batch, Index n, Index c) {
  Array image = zeros({batch.shape()[1], batch.shape()[2]});
  for (Index i = 0; i < image.shape()[0]; ++i) {
    for (Index j = 0; j < image.shape()[1]; ++j) image.set({i, j}, batch.at({n, i, j, c}));
  }
  return image;
}

void add_to_image(Array& batch, Index n, Index c, const Array& image) {
  require_size("add_to_image", image, batch.shape()[1], batch.shape()[2],
               ",\n     and xbar needs the padding R - padding - 1");
  for (Index i = 0; i < image.shape()[0]; ++i) {
    for (Index j = 0; j < image.shape()[1]; ++j)
      batch.set({n, i, j, c}, batch.at({n, i, j, c}) + image.at({i, j}));
  }
}

Array kernel_of(const Array& weights, Index c, Index k) {
  Array kernel = zeros({weights.shape()[0], weights.shape()[1]});
  for (Index r = 0; r < kernel.shape()[0]; ++r) {
    for (Index s = 0; s < kernel.shape()[1]; ++s) kernel.set({r, s}, weights.at({r, s, c, k}));
  }
  return kernel;
}

void add_to_kernel(Array& weights, Index c, Index k, const Array& kernel) {
  require_size("add_to_kernel", kernel, weights.shape()[0], weights.shape()[1], "");
  for (Index r = 0; r < kernel.shape()[0]; ++r) {
    for (Index s = 0; s < kernel.shape()[1]; ++s)
      weights.set({r, s, c, k}, weights.at({r, s, c, k}) + kernel.at({r, s}));
  }
}

Array flip(const Array& kernel) {
  return kernel.flip({0, 1}).contiguous();
}

Array convolve(const Array& image, const Array& kernel, Index padding) {
  const Index rows = image.shape()[0] + 2 * padding - kernel.shape()[0] + 1;
  const Index cols = image.shape()[1] + 2 * padding - kernel.shape()[1] + 1;
  if (rows < 1 || cols < 1) {
    throw Mistake("convolve: the image " + image.shape().str() + " with padding " +
                  std::to_string(padding) + " is smaller than the kernel " + kernel.shape().str() +
                  ": check the padding");
  }
  const Array flipped = flip(kernel);
  Array result = zeros({rows, cols});
  for (Index i = 0; i < rows; ++i) {
    for (Index j = 0; j < cols; ++j) {
      double sum = 0.0;
      for (Index r = 0; r < kernel.shape()[0]; ++r) {
        for (Index s = 0; s < kernel.shape()[1]; ++s) {
          const Index row = i + r - padding;
          const Index col = j + s - padding;
          const bool inside =
              row >= 0 && row < image.shape()[0] && col >= 0 && col < image.shape()[1];
          if (inside) sum += image.at({row, col}) * flipped.at({r, s});
        }
      }
      result.set({i, j}, sum);
    }
  }
  return result;
}

}  // namespace exercise
