#include <algorithm>

#include "ops/cpu/carver.h"
#include "ops/cpu/correlate.h"
#include "ops/cpu/following.h"
#include "ops/cpu/pack.h"
#include "ops/cpu/pieces.h"
#include "ops/cpu/tile.h"

namespace autonet::cpu {
namespace {

// A panel of b this deep (1024 x 32 floats) stays in the second-level cache while rows pass by.
constexpr Index kDepth = 1024;
constexpr Index kRowsAPiece = 32;

/// One product of matrices: y [M,N] contiguous = a [M,K] b [K,N].
template <typename T>
void multiply(Context& context, const T* a, Index a_row, Index a_col, const T* b, Index b_row,
              Index b_col, T* y, Index rows, Index depth, Index columns,
              const Epilogue<T>& epilogue) {
  const Index lanes = vector_length(dtype_of<T>());
  const Index panel = panel_width(dtype_of<T>());
  const Index panels = (columns + panel - 1) / panel;
  // Where whole vectors can be read from b's own rows and few rows of a pass by, packing is a
  // waste.
  const bool direct = b_col == 1 && columns % lanes == 0 && rows < 2 * kRowsAPiece;
  const Index row_parts = (rows + kRowsAPiece - 1) / kRowsAPiece;
  const bool small = static_cast<double>(rows * columns) * static_cast<double>(depth) < kSmallWork;

  const Index packed_size = direct ? 0 : panels * panel * depth;
  Carver shared(
      context.shared_scratch(2 * Carver::size<Index>(rows) + Carver::size<T>(packed_size)));
  Index* a_rows = shared.take<Index>(rows);
  Index* y_rows = shared.take<Index>(rows);
  T* packed = shared.take<T>(packed_size);
  for (Index m = 0; m < rows; ++m) {
    a_rows[m] = m * a_row;
    y_rows[m] = m * columns;
  }
  if (!direct) {
    for_pieces(context, small, panels, [&](Index v, int) {
      pack_panel(b + v * panel * b_col, depth, b_row, b_col, std::min(panel, columns - v * panel),
                 panel, packed + v * panel * depth);
    });
  }
  for_pieces(context, small, row_parts * panels, [&](Index piece, int) {
    const Index v = piece / row_parts;
    const Index first = piece % row_parts * kRowsAPiece;
    for (Index k = 0; k < depth; k += kDepth) {
      const Segment whole{k * a_col, k * (direct ? b_row : panel)};
      TileJob<T> job;
      job.a = a;
      job.rows = a_rows + first;
      job.row_count = std::min(kRowsAPiece, rows - first);
      job.b = direct ? b + v * panel : packed + v * panel * depth;
      job.segments = &whole;
      job.segment_count = 1;
      job.run = std::min(kDepth, depth - k);
      job.a_step = a_col;
      job.b_step = direct ? b_row : panel;
      job.y = y + v * panel;
      job.y_rows = y_rows + first;
      job.columns = std::min(panel, columns - v * panel);
      job.accumulate = k > 0;
      if (k + kDepth >= depth) job.epilogue = epilogue.at(v * panel, v * panel);
      run_tiles(job);
    }
  });
}

template <typename T>
void matmul_of(Context& context, const Array& a, const Array& b, Array& y,
               const Following& following) {
  const int rank = y.rank();
  const Index rows = y.shape()[rank - 2];
  const Index columns = y.shape()[rank - 1];
  const Index depth = a.shape()[rank - 1];
  if (y.size() == 0) return;
  const Epilogue<T> epilogue = epilogue_of<T>(following);
  if (depth == 0) {
    y.fill(0.0);
    return follow(epilogue, y.data<T>(), y.size() / columns, columns);
  }
  const Index count = y.size() / (rows * columns);
  for (Index n = 0; n < count; ++n) {
    Index a_offset = 0;
    Index b_offset = 0;
    Index rest = n;
    for (int axis = rank - 3; axis >= 0; --axis) {
      const Index position = rest % y.shape()[axis];
      rest /= y.shape()[axis];
      a_offset += position * a.stride(axis);
      b_offset += position * b.stride(axis);
    }
    multiply(context, a.data<T>() + a_offset, a.stride(rank - 2), a.stride(rank - 1),
             b.data<T>() + b_offset, b.stride(rank - 2), b.stride(rank - 1),
             y.data<T>() + n * rows * columns, rows, depth, columns,
             epilogue.at(0, n * rows * columns));
  }
}

}  // namespace

void matmul(Context& context, const Array& a, const Array& b, Array& y,
            const Following& following) {
  if (y.dtype() == DType::f32) {
    matmul_of<float>(context, a, b, y, following);
  } else {
    matmul_of<double>(context, a, b, y, following);
  }
}

}  // namespace autonet::cpu
