#include "ops/cpu/slide.h"

#include <algorithm>

#include "ops/cpu/carver.h"
#include "ops/cpu/pack.h"
#include "ops/cpu/pieces.h"
#include "ops/cpu/tile.h"

namespace autonet::cpu {
namespace {

/// Copies w into panels of `panel` outputs, each row filled up with zeros to `width` numbers.
template <typename T>
void pack_kernel(const Problem<T>& q, Index panel, Index panels, Index width, T* packed) {
  for (Index g = 0; g < q.groups; ++g) {
    for (Index v = 0; v < panels; ++v) {
      const Index first = v * panel;
      const Index columns = std::min(panel, q.outputs - first);
      for (Index r = 0; r < q.kernel_rows; ++r) {
        for (Index s = 0; s < q.kernel_cols; ++s) {
          const T* from = q.w + r * q.w_row + s * q.w_col + (g * q.outputs + first) * q.w_output;
          pack_panel(from, q.channels, q.w_channel, q.w_output, columns, width, packed);
          packed += q.channels * width;
        }
      }
    }
  }
}

template <typename T>
void slide_over(Context& context, const Problem<T>& q, const Following& following) {
  const Index lanes = vector_length(dtype_of<T>());
  const Index panel = panel_width(dtype_of<T>());
  const Index panels = (q.outputs + panel - 1) / panel;
  const Index width = q.outputs <= lanes ? lanes : panel;
  const Index taps = q.kernel_rows * q.kernel_cols * q.channels;
  const Index pixels = q.out_rows * q.out_cols;
  const bool direct = q.inside() && q.x_channel == 1;
  const Index row_stride = direct ? q.x_row : q.seen_cols * q.channels * q.groups;
  const Index col_stride = direct ? q.x_col : q.channels * q.groups;
  const Index row_step = q.window.rows.kernel_dilation * row_stride;
  const Index col_step = q.window.cols.kernel_dilation * col_stride;
  // Where neighbouring columns of a kernel row are neighbours in x too, they form one longer run.
  const bool joined = col_step == q.channels;
  const Index segment_count = joined ? q.kernel_rows : q.kernel_rows * q.kernel_cols;
  const Index run = joined ? q.kernel_cols * q.channels : q.channels;

  // A piece holds several small images; their number depends on the shape alone.
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
  pack_kernel(q, panel, panels, width, packed);
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
    segments[k] = {.a = r * row_step + s * col_step, .b = k * run * width};
  }

  const Epilogue<T> epilogue(following);
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
        copy_window<T>({.first = image,
                        .rows = q.rows,
                        .cols = q.cols,
                        .channels = q.channels * q.groups,
                        .row_stride = q.x_row,
                        .col_stride = q.x_col,
                        .channel_stride = q.x_channel},
                       q.window, q.seen_rows, q.seen_cols, copy, q.channels * q.groups);
        image = copy;
      }
      T* y = q.y == nullptr ? kept : q.y + n * y_image;
      for (Index g = 0; g < q.groups; ++g) {
        for (Index v = 0; v < panels; ++v) {
          const Index first = g * q.outputs + v * panel;
          run_tiles(TileJob<T>{.a = image + g * q.channels,
                               .rows = x_offsets,
                               .row_count = pixels,
                               .b = packed + (g * panels + v) * taps * width,
                               .segments = segments,
                               .segment_count = segment_count,
                               .run = run,
                               .a_step = 1,
                               .b_step = width,
                               .y = y + first,
                               .y_rows = y_offsets,
                               .columns = std::min(panel, q.outputs - v * panel),
                               .epilogue = epilogue.at(first, n * y_image + first)});
        }
      }
      if (following.each_image != nullptr) (*following.each_image)(n, y, scratch);
    }
  });
}

}  // namespace

void slide(Context& context, const Problem<float>& q, const Following& following) {
  slide_over(context, q, following);
}
void slide(Context& context, const Problem<double>& q, const Following& following) {
  slide_over(context, q, following);
}

}  // namespace autonet::cpu
