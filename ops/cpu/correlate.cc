#include "ops/cpu/correlate.h"

#include <algorithm>

#include "ops/cpu/carver.h"
#include "ops/cpu/pack.h"
#include "ops/cpu/pieces.h"
#include "ops/cpu/tile.h"

namespace autonet::cpu {
namespace {

/// Everything the two loop orders need to know, in elements.
template <typename T>
struct Problem {
  Window window;
  Index images, rows, cols, channels;               // of x; channels in one group
  Index kernel_rows, kernel_cols, groups, outputs;  // outputs in one group
  Index out_rows, out_cols;
  const T* x;
  Index x_image, x_row, x_col, x_channel;  // strides
  const T* w;
  Index w_row, w_col, w_channel, w_output;  // strides
  T* y;
  Index seen_rows, seen_cols;  // of the window that the kernel sees

  Problem(const Array& xs, const Array& ws, const Window& p, Array& ys)
      : window(p),
        images(xs.shape()[0]),
        rows(xs.shape()[1]),
        cols(xs.shape()[2]),
        channels(ws.shape()[2]),
        kernel_rows(ws.shape()[0]),
        kernel_cols(ws.shape()[1]),
        groups(p.groups),
        outputs(ws.shape()[3] / p.groups),
        out_rows(ys.shape()[1]),
        out_cols(ys.shape()[2]),
        x(xs.data<T>()),
        x_image(xs.stride(0)),
        x_row(xs.stride(1)),
        x_col(xs.stride(2)),
        x_channel(xs.stride(3)),
        w(ws.data<T>()),
        w_row(ws.stride(0)),
        w_col(ws.stride(1)),
        w_channel(ws.stride(2)),
        w_output(ws.stride(3)),
        y(ys.data<T>()),
        seen_rows((out_rows - 1) * p.rows.stride + dilated(kernel_rows, p.rows.kernel_dilation)),
        seen_cols((out_cols - 1) * p.cols.stride + dilated(kernel_cols, p.cols.kernel_dilation)) {}

  double multiply_adds() const {
    return static_cast<double>(images * out_rows * out_cols) *
           static_cast<double>(kernel_rows * kernel_cols * channels * groups * outputs);
  }
  /// Does the kernel see x itself, without zeros around or between?
  bool plain() const {
    const auto inside = [](const AxisWindow& p, Index seen, Index n) {
      return p.input_dilation == 1 && p.lo <= 0 && seen - p.lo <= n;
    };
    return inside(window.rows, seen_rows, rows) && inside(window.cols, seen_cols, cols);
  }
};

/// Slides a small kernel over one image after another. The kernel is packed once into panels
/// [group][panel][r][s][c][width]; an image with margins is first copied into scratch, so that the
/// inner loop meets no edge.
template <typename T>
void slide(Context& context, const Problem<T>& q) {
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
      1, static_cast<Index>(kSmallWork /
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

  for_pieces(context, q.multiply_adds() < kSmallWork, pieces, [&](Index piece, int worker) {
    T* copy = direct ? nullptr
                     : reinterpret_cast<T*>(context.scratch(
                           worker, Carver::size<T>(q.seen_rows * q.seen_cols * col_stride)));
    const Index end = std::min(q.images, (piece + 1) * per_piece);
    for (Index n = piece * per_piece; n < end; ++n) {
      const T* image = q.x + n * q.x_image;
      if (direct) {
        image += -q.window.rows.lo * q.x_row - q.window.cols.lo * q.x_col;
      } else {
        copy_window<T>(
            {image, q.rows, q.cols, q.channels * q.groups, q.x_row, q.x_col, q.x_channel}, q.window,
            q.seen_rows, q.seen_cols, copy);
        image = copy;
      }
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
          job.y = q.y + n * pixels * q.groups * q.outputs + g * q.outputs + v * panel;
          job.y_rows = y_offsets;
          job.columns = std::min(panel, q.outputs - v * panel);
          run_tiles(job);
        }
      }
    }
  });
}

/// Sums outer products over the pixels: for a weight gradient, whose "images" are the channels of x
/// (side by side in memory), whose "channels" are the images of the batch, and whose kernel, the
/// output's cotangent, is as large as they are. The names here are those of the forward
/// convolution: a *batch* of images, taps (r, s), input channels c.
template <typename T>
void sum_outer_products(Context& context, const Problem<T>& q) {
  const Index batch = q.channels;
  const Index inputs = q.images;
  const Index outputs = q.outputs;
  const Index lanes = vector_length(dtype_of<T>());
  const Index panel = panel_width(dtype_of<T>());
  const Index panels = (outputs + panel - 1) / panel;
  const bool direct_x = q.plain();
  const bool direct_b = q.w_output == 1 && outputs % lanes == 0;
  const Index row_stride = direct_x ? q.x_row : q.seen_cols * inputs;
  const Index col_stride = direct_x ? q.x_col : inputs;
  const Index input_stride = direct_x ? q.x_image : 1;
  const Index taps = q.out_rows * q.out_cols;
  const Index rows = taps * inputs;
  const Index pixels = q.kernel_rows * q.kernel_cols;
  const Index packed_width = panels * panel;

  // Cut by shape alone: few weights are summed in parts of the batch, added up afterwards in order;
  // many weights are cut into ranges of rows, each over the whole batch.
  const bool by_batch = rows * outputs <= 40'000;
  const Index parts = by_batch ? std::min<Index>(batch, 8) : 1;
  const Index row_parts = by_batch ? 1 : std::min<Index>((rows + 63) / 64, 8);
  const Index part_size = rows * outputs;

  Carver shared(context.shared_scratch(2 * Carver::size<Index>(rows) +
                                       Carver::size<Segment>(q.kernel_rows) +
                                       Carver::size<T>(parts > 1 ? parts * part_size : 0)));
  Index* x_offsets = shared.take<Index>(rows);
  Index* y_offsets = shared.take<Index>(rows);
  Segment* segments = shared.take<Segment>(q.kernel_rows);
  T* partial = shared.take<T>(parts > 1 ? parts * part_size : 0);

  for (Index i = 0; i < q.out_rows; ++i) {
    for (Index j = 0; j < q.out_cols; ++j) {
      for (Index c = 0; c < inputs; ++c) {
        const Index m = (i * q.out_cols + j) * inputs + c;  // c innermost: neighbours in x
        x_offsets[m] = i * q.window.rows.stride * row_stride +
                       j * q.window.cols.stride * col_stride + c * input_stride;
        y_offsets[m] = (c * taps + i * q.out_cols + j) * outputs;
      }
    }
  }
  const Index b_row = direct_b ? q.w_row : q.kernel_cols * packed_width;
  for (Index h = 0; h < q.kernel_rows; ++h) {
    segments[h] = {h * q.window.rows.kernel_dilation * row_stride, h * b_row};
  }

  const Index copy_size = direct_x ? 0 : q.seen_rows * q.seen_cols * inputs;
  const Index b_size = direct_b ? 0 : pixels * packed_width;
  for_pieces(
      context, q.multiply_adds() < kSmallWork, parts * row_parts, [&](Index piece, int worker) {
        const Index part = piece / row_parts;
        const Index row_part = piece % row_parts;
        // Row ranges begin at multiples of 8, so that the tiles are the same wherever the cuts lie.
        const Index range = round_up((rows + row_parts - 1) / row_parts, 8);
        const Index first_row = std::min(rows, row_part * range);
        const Index row_count = std::min(rows, first_row + range) - first_row;
        Carver own(context.scratch(worker, Carver::size<T>(copy_size) + Carver::size<T>(b_size)));
        T* copy = own.take<T>(copy_size);
        T* packed = own.take<T>(b_size);
        const Index begin = batch * part / parts;
        const Index end = batch * (part + 1) / parts;
        for (Index n = begin; n < end; ++n) {
          const T* image = q.x + n * q.x_channel;
          if (direct_x) {
            image += -q.window.rows.lo * q.x_row - q.window.cols.lo * q.x_col;
          } else {
            copy_window<T>({image, q.rows, q.cols, inputs, q.x_row, q.x_col, q.x_image}, q.window,
                           q.seen_rows, q.seen_cols, copy);
            image = copy;
          }
          const T* b = q.w + n * q.w_channel;
          if (!direct_b) {
            for (Index h = 0; h < q.kernel_rows; ++h) {
              pack_panel(b + h * q.w_row, q.kernel_cols, q.w_col, q.w_output, outputs, packed_width,
                         packed + h * q.kernel_cols * packed_width);
            }
            b = packed;
          }
          for (Index v = 0; v < panels; ++v) {
            TileJob<T> job;
            job.a = image;
            job.rows = x_offsets + first_row;
            job.row_count = row_count;
            job.b = b + v * panel;
            job.segments = segments;
            job.segment_count = q.kernel_rows;
            job.run = q.kernel_cols;
            job.a_step = q.window.cols.kernel_dilation * col_stride;
            job.b_step = direct_b ? q.w_col : packed_width;
            job.y = (parts > 1 ? partial + part * part_size : q.y) + v * panel;
            job.y_rows = y_offsets + first_row;
            job.columns = std::min(panel, outputs - v * panel);
            job.accumulate = n > begin;
            run_tiles(job);
          }
        }
      });
  if (parts > 1) {
    std::copy_n(partial, part_size, q.y);
    for (Index part = 1; part < parts; ++part) {
      const T* from = partial + part * part_size;
      for (Index i = 0; i < part_size; ++i) q.y[i] += from[i];
    }
  }
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

template <typename T>
void correlate_of(Context& context, const Array& x, const Array& w, const Window& window,
                  Array& y) {
  if (y.size() == 0) return;
  if (w.shape()[2] == 0) return y.fill(0.0);
  if (mostly_unused(x, w, window, y)) return correlate_reference(x, w, window, y);
  const Problem<T> problem(x, w, window, y);
  // A weight gradient: the batch plays the channels, so they lie apart and x's images side by side.
  const bool batch_as_channels =
      problem.x_image == 1 ||
      problem.kernel_rows * problem.kernel_cols >= problem.out_rows * problem.out_cols;
  if (problem.x_channel != 1 && problem.groups == 1 && batch_as_channels) {
    sum_outer_products(context, problem);
  } else {
    slide(context, problem);
  }
}

}  // namespace

void correlate(Context& context, const Array& x, const Array& w, const Window& window, Array& y) {
  if (y.dtype() == DType::f32) {
    correlate_of<float>(context, x, w, window, y);
  } else {
    correlate_of<double>(context, x, w, window, y);
  }
}

}  // namespace autonet::cpu
