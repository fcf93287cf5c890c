#pragma once

#include <string_view>

#include "autonet/autograd/array.h"
#include "autonet/ops/window.h"

namespace autonet::cpu {

/// The loops by which correlate() and matmul() compute their sums of products.
enum class Routine {
  slide,             ///< a small packed kernel slides over one image after another
  outer_products,    ///< weight gradient: outer products summed over the batch and the pixels
  winograd,          ///< 3x3 kernel in f32: Winograd's algorithm (winograd.h)
  winograd_weights,  ///< weight gradient of a 3x3 kernel in f32: its transpose (winograd_weights.h)
  reference,         ///< plain loops
  packed,            ///< matrices: b is first copied into panels
  in_place,          ///< matrices: b is read where it lies
};

/// "slide", "outer products", "winograd", "winograd weights", "reference", "packed", "in place".
std::string_view name_of(Routine routine);

/// The routine by which correlate() computes y from arrays of these layouts. It follows from types,
/// shapes and strides alone; the first that fits is taken:
///
///     winograd          f32, not `exact`, and winograd_fits()
///     reference         no input channels, or a window of almost nothing but unused zeros
///     slide             x's channels are neighbours in memory, or there are groups
///     winograd_weights  f32, not `exact`, and winograd_weights_fit()
///     outer_products    the rest: weight gradients, with the batch as channels
/// For a leaf of a batch, whose images are few, the choice is that for a fixed small number.
Routine routine_for(const Array& x, const Array& w, const Window& window, const ArrayType& y,
                    bool exact, bool leaf = false);

/// True if the images of a leaf are computed by the same routine as the whole batch. It is not so
/// where Winograd's algorithm pays for all images, but its transform of large weights does not pay
/// for those of a leaf.
bool alike_for_leaves(const Array& x, const Array& w, const Window& window, const ArrayType& y,
                      bool exact);

/// The routine by which matmul() computes y from arrays of these layouts: `in_place` where whole
/// vectors can be read from b's rows and a has few rows (below 64), else `packed`. It follows from
/// shapes, strides and the width of the instruction set's vectors.
Routine routine_for(const Array& a, const Array& b);

}  // namespace autonet::cpu
