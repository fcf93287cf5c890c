#include "ops/cpu/outer_products.h"

#include <algorithm>

#include "ops/cpu/carver.h"
#include "ops/cpu/pack.h"
#include "ops/cpu/pieces.h"
#include "ops/cpu/tile.h"

// The names here are those of the forward convolution: a batch of images, taps (r, s), input
// channels c, output channels k; wbar[r,s,c,k] is the sum of x · ybar over the batch and the
// pixels.

namespace autonet::cpu {
namespace {

// Channels that lie side by side in a copied image: at most as many as a tile has rows (twice as
// many where one vector holds a row of wbar), so that a tile reads its pixels without gaps for
// every number of channels. (With whole pixels side by side, 256 channels would put every pixel
// into the same few sets of the first-level cache.)
constexpr Index kInterleave = 8;

// Pixels that a tile sums before it writes its sums to memory: enough to pay for that, and so few
// that the cotangents, 32 floats a pixel, stay in the first-level cache.
constexpr Index kDepth = 128;

/// The pieces of work, by shape alone.
struct Cuts {
  Index parts;      // of the batch, summed separately and then added in order
  Index row_parts;  // of the rows (r, s, c) of wbar

  /// `leaf`: the batch is a leaf of a larger one, whose parts other threads sum.
  Cuts(Index batch, Index rows, Index outputs, bool leaf) {
    if (leaf) {
      parts = row_parts = 1;
      return;
    }
    const Index size = rows * outputs;
    const Index wanted = size <= 100'000 ? 8 : size <= 300'000 ? 4 : 2;
    parts = std::min(batch, wanted);
    row_parts = std::min((rows + 63) / 64, 8 / wanted);
  }
};

template <typename T>
struct Layout {
  Index batch, inputs, outputs, taps, rows, pixels;
  Index positions;      // of the window that the kernel sees
  Index block, blocks;  // channels side by side in a copy; the number of such blocks
  Index copy_size;      // numbers of one copied image
  bool direct;          // the cotangents are read where they lie
  Index width, panels;  // of packed cotangents
  Index panel_size;     // numbers of one panel of one image
  Index group;          // images copied at a time

  explicit Layout(const Problem<T>& q)
      : batch(q.channels),
        inputs(q.images),
        outputs(q.outputs),
        taps(q.out_rows * q.out_cols),
        rows(taps * inputs),
        pixels(q.kernel_rows * q.kernel_cols),
        positions(q.seen_rows * q.seen_cols) {
    const Index lanes = vector_length(dtype_of<T>());
    const Index panel = panel_width(dtype_of<T>());
    // Pixels far apart in memory would fall into the same few sets of the cache.
    constexpr Index kFar = 64;
    direct = q.w_output == 1 && outputs % lanes == 0 && outputs <= kFar;
    width = outputs <= lanes ? lanes : panel;
    block = std::min(inputs, outputs <= lanes ? 2 * kInterleave : kInterleave);
    blocks = (inputs + block - 1) / block;
    copy_size = blocks * positions * block;
    panels = (outputs + panel - 1) / panel;
    panel_size = pixels * width;
    group = std::clamp<Index>((kDepth + pixels - 1) / pixels, 1, std::max<Index>(1, batch));
  }
};

/// Copies image n as [block of channels][row][column][channel in the block], with its margins.
template <typename T>
void copy_image(const Problem<T>& q, const Layout<T>& s, Index n, T* copy) {
  for (Index b = 0; b < s.blocks; ++b) {
    const Index first = b * s.block;
    const Index channels = std::min(s.block, s.inputs - first);
    copy_window<T>({.first = q.x + n * q.x_channel + first * q.x_image,
                    .rows = q.rows,
                    .cols = q.cols,
                    .channels = channels,
                    .row_stride = q.x_row,
                    .col_stride = q.x_col,
                    .channel_stride = q.x_image},
                   q.window, q.seen_rows, q.seen_cols, copy + b * s.positions * s.block, s.block);
  }
}

template <typename T>
void sum_of(Context& context, const Problem<T>& q) {
  const Layout<T> s(q);
  const Cuts cuts(s.batch, s.rows, s.outputs, context.is_leaf());
  const Index panel = panel_width(dtype_of<T>());
  const Index part_size = s.rows * s.outputs;
  const Index segment_count = s.group * q.kernel_rows;
  const Index packed_size = s.direct ? 0 : s.group * s.panels * s.panel_size;
  const Index summed_parts = cuts.parts > 1 ? cuts.parts : 0;

  Carver shared(context.shared_scratch(2 * Carver::size<Index>(s.rows) +
                                       Carver::size<Segment>(segment_count) +
                                       Carver::size<T>(summed_parts * part_size)));
  Index* x_offsets = shared.take<Index>(s.rows);
  Index* y_offsets = shared.take<Index>(s.rows);
  Segment* segments = shared.take<Segment>(segment_count);
  T* partial = shared.take<T>(summed_parts * part_size);

  // Rows in the order (block of channels, tap, channel): a block stays in the first-level cache for
  // all taps.
  Index m = 0;
  for (Index first = 0; first < s.inputs; first += s.block) {
    for (Index tap = 0; tap < s.taps; ++tap) {
      const Index i = tap / q.out_cols;
      const Index j = tap % q.out_cols;
      const Index position = i * q.window.rows.stride * q.seen_cols + j * q.window.cols.stride;
      for (Index c = first; c < std::min(s.inputs, first + s.block); ++c, ++m) {
        x_offsets[m] = (first / s.block * s.positions + position) * s.block + c - first;
        y_offsets[m] = (c * s.taps + tap) * s.outputs;
      }
    }
  }
  for (Index g = 0; g < s.group; ++g) {
    for (Index h = 0; h < q.kernel_rows; ++h) {
      segments[g * q.kernel_rows + h] = {
          g * s.copy_size + h * q.window.rows.kernel_dilation * q.seen_cols * s.block,
          s.direct ? g * q.w_channel + h * q.w_row
                   : g * s.panel_size + h * q.kernel_cols * s.width};
    }
  }
  const Index chunk = std::max<Index>(1, kDepth / q.kernel_cols);  // segments

  const Index pieces = cuts.parts * cuts.row_parts;
  for_pieces(context, q.multiply_adds() < kSmallWork, pieces, [&](Index piece, int worker) {
    const Index part = piece / cuts.row_parts;
    // Row ranges begin at multiples of 8, so that the tiles do not depend on the cuts.
    const Index range = round_up((s.rows + cuts.row_parts - 1) / cuts.row_parts, 8);
    const Index first_row = std::min(s.rows, piece % cuts.row_parts * range);
    const Index row_count = std::min(s.rows, first_row + range) - first_row;
    Carver own(context.scratch(
        worker, Carver::size<T>(s.group * s.copy_size) + Carver::size<T>(packed_size)));
    T* copies = own.take<T>(s.group * s.copy_size);
    T* packed = own.take<T>(packed_size);
    std::fill_n(copies, s.group * s.copy_size, T{0});
    const Index begin = s.batch * part / cuts.parts;
    const Index end = s.batch * (part + 1) / cuts.parts;
    for (Index n = begin; n < end; n += s.group) {
      const Index images = std::min(s.group, end - n);
      for (Index g = 0; g < images; ++g) {
        copy_image(q, s, n + g, copies + g * s.copy_size);
        const T* b = q.w + (n + g) * q.w_channel;
        for (Index v = 0; v < s.panels && !s.direct; ++v) {
          for (Index h = 0; h < q.kernel_rows; ++h) {
            pack_panel(b + h * q.w_row + v * panel * q.w_output, q.kernel_cols, q.w_col, q.w_output,
                       std::min(panel, s.outputs - v * panel), s.width,
                       packed + (v * s.group + g) * s.panel_size + h * q.kernel_cols * s.width);
          }
        }
      }
      const Index all = images * q.kernel_rows;
      for (Index first = 0; first < all; first += chunk) {
        for (Index v = 0; v < s.panels; ++v) {
          run_tiles(TileJob<T>{.a = copies,
                               .rows = x_offsets + first_row,
                               .row_count = row_count,
                               .b = s.direct ? q.w + n * q.w_channel + v * panel
                                             : packed + v * s.group * s.panel_size,
                               .segments = segments + first,
                               .segment_count = std::min(chunk, all - first),
                               .run = q.kernel_cols,
                               .a_step = q.window.cols.kernel_dilation * s.block,
                               .b_step = s.direct ? q.w_col : s.width,
                               .y = (cuts.parts > 1 ? partial + part * part_size : q.y) + v * panel,
                               .y_rows = y_offsets + first_row,
                               .columns = std::min(panel, s.outputs - v * panel),
                               .accumulate = n > begin || first > 0});
        }
      }
    }
  });
  if (cuts.parts == 1) return;
  constexpr Index kStretch = 8192;
  for_pieces(context, cuts.parts * part_size < kSmallMove, (part_size + kStretch - 1) / kStretch,
             [&](Index piece, int) {
               const Index first = piece * kStretch;
               const Index count = std::min(kStretch, part_size - first);
               T* to = q.y + first;
               std::copy_n(partial + first, count, to);
               for (Index part = 1; part < cuts.parts; ++part) {
                 const T* from = partial + part * part_size + first;
                 for (Index i = 0; i < count; ++i) to[i] += from[i];
               }
             });
}

}  // namespace

void sum_outer_products(Context& context, const Problem<float>& q) {
  sum_of(context, q);
}
void sum_outer_products(Context& context, const Problem<double>& q) {
  sum_of(context, q);
}

}  // namespace autonet::cpu
