#include "ops/cpu/correlate.h"

#include <algorithm>
#include <type_traits>

#include "ops/cpu/carver.h"
#include "ops/cpu/following.h"
#include "ops/cpu/outer_products.h"
#include "ops/cpu/pack.h"
#include "ops/cpu/pieces.h"
#include "ops/cpu/problem.h"
#include "ops/cpu/tile.h"
#include "ops/cpu/winograd.h"
#include "ops/cpu/winograd_weights.h"

namespace autonet::cpu {
namespace {

/// Slides a small kernel over one image after another. The kernel is packed once into panels
/// [group][panel][r][s][c][width]; an image with margins is first copied into scratch, so that the
/// inner loop meets no edge.
template <typename T>
void slide(Context& context, const Problem<T>& q, const Following& following) {
  const Index lanes = vector_length(dtype_of<T>());
  const Index panel = panel_width(dtype_of<T>());
  const Index panels = (q.outputs + panel - 1) / panel;
  const Index width = q.outputs <= lanes ? lanes : panel;
  const Index taps = q.kernel_rows * q.kernel_cols * q.channels;
  const Index pixels = q.out_rows * q.out_cols;
  const bool direct = q.plain() && q.x_channel == 1;
  const Index row_stride = direct ? q.x_row : q.seen_cols * q.channels * q.groups;
  const Index col_stride = direct ? q.x_col : q.channels * q.groups;
  const Index row_step = q.window.rows.kernel_dilation * row_stride;
  const Index col_step = q.window.cols.kernel_dilation * col_stride;
  // Neighbouring columns of a kernel row lie side by side in x too: one longer run.
  const bool joined = col_step == q.channels;
  const Index segment_count = joined ? q.kernel_rows : q.kernel_rows * q.kernel_cols;
  const Index run = joined ? q.kernel_cols * q.channels : q.channels;

  // Small images go several to a piece; the number depends on the shape alone.
  const Index per_piece = std::max<Index>(
      1, static_cast<Index>(kPieceWork /
                            std::max(1.0, q.multiply_adds() / static_cast<double>(q.images))));
  const Index pieces = (q.images + per_piece - 1) / per_piece;

  Carver shared(context.shared_scratch(Carver::size<T>(q.groups * panels * taps * width) +
                                       2 * Carver::size<Index>(pixels) +
                                       Carver::size<Segment>(segment_count)));
  T* packed = shared.take<T>(q.groups * panels * taps * width);
  Index* x_offsets = shared.take<Index>(pixels);
  Index* y_offsets = shared.take<Index>(pixels);
  Segment* segments = shared.take<Segment>(segment_count);

  for (Index g = 0; g < q.groups; ++g) {
    for (Index v = 0; v < panels; ++v) {
      const Index first = v * panel;
      const Index columns = std::min(panel, q.outputs - first);
      for (Index r = 0; r < q.kernel_rows; ++r) {
        for (Index s = 0; s < q.kernel_cols; ++s) {
          const T* from = q.w + r * q.w_row + s * q.w_col + (g * q.outputs + first) * q.w_output;
          const Index tap = (r * q.kernel_cols + s) * q.channels;
          pack_panel(from, q.channels, q.w_channel, q.w_output, columns, width,
                     packed + ((g * panels + v) * taps + tap) * width);
        }
      }
    }
  }
  for (Index i = 0; i < q.out_rows; ++i) {
    for (Index j = 0; j < q.out_cols; ++j) {
      x_offsets[i * q.out_cols + j] =
          i * q.window.rows.stride * row_stride + j * q.window.cols.stride * col_stride;
      y_offsets[i * q.out_cols + j] = (i * q.out_cols + j) * q.groups * q.outputs;
    }
  }
  for (Index k = 0; k < segment_count; ++k) {
    const Index r = joined ? k : k / q.kernel_cols;
    const Index s = joined ? 0 : k % q.kernel_cols;
    segments[k] = {r * row_step + s * col_step, k * run * width};
  }

  const Epilogue<T> epilogue = epilogue_of<T>(following);
  const Index y_image = pixels * q.groups * q.outputs;
  const Index copy_size = direct ? 0 : q.seen_rows * q.seen_cols * col_stride;
  const Index own_y = q.y == nullptr ? y_image : 0;
  for_pieces(context, q.multiply_adds() < kSmallWork, pieces, [&](Index piece, int worker) {
    Carver own(context.scratch(
        worker, Carver::size<T>(copy_size) + Carver::size<T>(own_y) + following.scratch_bytes));
    T* copy = own.take<T>(copy_size);
    T* kept = own.take<T>(own_y);
    std::byte* scratch = own.take<std::byte>(0);
    std::fill_n(copy, copy_size, T{0});
    const Index end = std::min(q.images, (piece + 1) * per_piece);
    for (Index n = piece * per_piece; n < end; ++n) {
      const T* image = q.x + n * q.x_image;
      if (direct) {
        image += -q.window.rows.lo * q.x_row - q.window.cols.lo * q.x_col;
      } else {
        copy_window<T>(
            {image, q.rows, q.cols, q.channels * q.groups, q.x_row, q.x_col, q.x_channel}, q.window,
            q.seen_rows, q.seen_cols, copy, q.channels * q.groups);
        image = copy;
      }
      T* y = q.y == nullptr ? kept : q.y + n * y_image;
      for (Index g = 0; g < q.groups; ++g) {
        for (Index v = 0; v < panels; ++v) {
          TileJob<T> job;
          job.a = image + g * q.channels;
          job.rows = x_offsets;
          job.row_count = pixels;
          job.b = packed + (g * panels + v) * taps * width;
          job.segments = segments;
          job.segment_count = segment_count;
          job.run = run;
          job.a_step = 1;
          job.b_step = width;
          const Index first = g * q.outputs + v * panel;
          job.y = y + first;
          job.y_rows = y_offsets;
          job.columns = std::min(panel, q.outputs - v * panel);
          job.epilogue = epilogue.at(first, n * y_image + first);
          run_tiles(job);
        }
      }
      if (following.each_image != nullptr) (*following.each_image)(n, y, scratch);
    }
  });
}

/// Would the window that the kernel sees be a large array of almost nothing but unused zeros? Huge
/// dilations or strides over a small image make one, which must not cost gigabytes.
bool mostly_unused(const Array& x, const Array& w, const Window& window, const Array& y) {
  const auto seen = [](Index outputs, Index taps, const AxisWindow& p) {
    return static_cast<double>((outputs - 1) * p.stride + dilated(taps, p.kernel_dilation));
  };
  const auto product = [](Index a, Index b) { return static_cast<double>(a * b); };
  const double positions =
      seen(y.shape()[1], w.shape()[0], window.rows) * seen(y.shape()[2], w.shape()[1], window.cols);
  const double used = product(x.shape()[1], x.shape()[2]) +
                      product(y.shape()[1], y.shape()[2]) * product(w.shape()[0], w.shape()[1]);
  const Index layers = std::max(x.shape()[0], x.shape()[3]);
  return positions > 16.0 * used && positions * static_cast<double>(layers) > 1e8;
}

/// Is this a weight gradient: does the batch play the channels, so that they lie apart and x's
/// images side by side?
template <typename T>
bool batch_as_channels(const Problem<T>& q) {
  return q.x_channel != 1 && q.groups == 1 &&
         (q.x_image == 1 || q.kernel_rows * q.kernel_cols >= q.out_rows * q.out_cols);
}

/// By Winograd's sums, and then what follows of image by image.
void by_winograd(Context& context, const Array& x, const Array& w, const Window& window,
                 const Array& y, const Following& following) {
  Array whole =
      y.has_data() ? y : Array::wrap(context.joint_scratch(y.type().bytes()), y.type(), nullptr);
  winograd_correlate(context, x, w, window, whole, epilogue_of<float>(following));
  if (following.each_image == nullptr) return;
  const Index images = y.shape()[0];
  const Index size = y.size() / images;
  for_pieces(context, y.size() < kSmallMove, images, [&](Index n, int worker) {
    (*following.each_image)(n, whole.data<float>() + n * size,
                            context.scratch(worker, following.scratch_bytes));
  });
}

/// A weight gradient: by Winograd's sums where they fit.
template <typename T>
void sum_over_batch(Context& context, const Problem<T>& q, bool exact) {
  if constexpr (std::is_same_v<T, float>) {
    if (!exact && winograd_weights_fit(q)) return winograd_weights(context, q);
  }
  sum_outer_products(context, q);
}

template <typename T>
void correlate_of(Context& context, const Array& x, const Array& w, const Window& window, Array& y,
                  const Following& following, bool exact) {
  if (y.size() == 0) return;
  if constexpr (std::is_same_v<T, float>) {
    if (!exact && winograd_fits(x, w, window, y)) {
      return by_winograd(context, x, w, window, y, following);
    }
  }
  const bool empty = w.shape()[2] == 0;
  const bool by_reference = !empty && mostly_unused(x, w, window, y);
  const Problem<T> problem(x, w, window, y);
  if (!empty && !by_reference && !batch_as_channels(problem)) {
    return slide(context, problem, following);
  }
  Array whole = y.has_data() ? y : Array::uninitialized(y.type());
  if (empty) {
    whole.fill(0.0);
  } else if (by_reference) {
    correlate_reference(x, w, window, whole);
  } else {
    sum_over_batch(context, Problem<T>(x, w, window, whole), exact);
  }
  const Index images = y.shape()[0];
  const Index columns = y.shape()[3];
  T* numbers = whole.data<T>();
  follow(epilogue_of<T>(following), numbers, y.size() / columns, columns);
  if (following.each_image == nullptr) return;
  for (Index n = 0; n < images; ++n) {
    (*following.each_image)(n, numbers + n * (y.size() / images),
                            context.scratch(0, following.scratch_bytes));
  }
}

}  // namespace

void correlate(Context& context, const Array& x, const Array& w, const Window& window, Array& y,
               const Following& following, bool exact) {
  if (y.dtype() == DType::f32) {
    correlate_of<float>(context, x, w, window, y, following, exact);
  } else {
    correlate_of<double>(context, x, w, window, y, following, exact);
  }
}

}  // namespace autonet::cpu
