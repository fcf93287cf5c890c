#include <algorithm>

#include "ops/cpu/carver.h"
#include "ops/cpu/correlate.h"
#include "ops/cpu/pack.h"
#include "ops/cpu/pieces.h"
#include "ops/cpu/tile.h"

namespace autonet::cpu {
namespace {

// A panel of b this deep (1024 x 32 floats) stays in the second-level cache while rows pass by.
constexpr Index kDepth = 1024;
constexpr Index kRowsAPiece = 32;

/// The last two axes of an array of matrices.
template <typename T>
struct Matrix {
  const T* first;
  Index rows, columns;
  Index row_stride, column_stride;

  Matrix(const Array& array, Index offset)
      : first(array.data<T>() + offset),
        rows(array.shape()[array.rank() - 2]),
        columns(array.shape()[array.rank() - 1]),
        row_stride(array.stride(array.rank() - 2)),
        column_stride(array.stride(array.rank() - 1)) {}
};

/// y [M,N], contiguous, = a [M,K] b [K,N].
template <typename T>
void multiply(Context& context, Routine routine, const Matrix<T>& a, const Matrix<T>& b, T* y,
              const Epilogue<T>& epilogue) {
  const Index panel = panel_width(dtype_of<T>());
  const Index panels = (b.columns + panel - 1) / panel;
  const bool in_place = routine == Routine::in_place;
  const Index row_parts = (a.rows + kRowsAPiece - 1) / kRowsAPiece;
  const bool small =
      static_cast<double>(a.rows * b.columns) * static_cast<double>(b.rows) < kSmallWork;

  const Index packed_size = in_place ? 0 : panels * panel * b.rows;
  Carver shared(
      context.shared_scratch(2 * Carver::size<Index>(a.rows) + Carver::size<T>(packed_size)));
  Index* a_rows = shared.take<Index>(a.rows);
  Index* y_rows = shared.take<Index>(a.rows);
  T* packed = shared.take<T>(packed_size);
  for (Index m = 0; m < a.rows; ++m) {
    a_rows[m] = m * a.row_stride;
    y_rows[m] = m * b.columns;
  }
  if (!in_place) {
    for_pieces(context, small, panels, [&](Index v, int) {
      pack_panel(b.first + v * panel * b.column_stride, b.rows, b.row_stride, b.column_stride,
                 std::min(panel, b.columns - v * panel), panel, packed + v * panel * b.rows);
    });
  }
  const Index b_step = in_place ? b.row_stride : panel;
  for_pieces(context, small, row_parts * panels, [&](Index piece, int) {
    const Index v = piece / row_parts;
    const Index first = piece % row_parts * kRowsAPiece;
    for (Index k = 0; k < b.rows; k += kDepth) {
      const Segment whole{.a = k * a.column_stride, .b = k * b_step};
      const bool last = k + kDepth >= b.rows;
      run_tiles(TileJob<T>{.a = a.first,
                           .rows = a_rows + first,
                           .row_count = std::min(kRowsAPiece, a.rows - first),
                           .b = in_place ? b.first + v * panel : packed + v * panel * b.rows,
                           .segments = &whole,
                           .segment_count = 1,
                           .run = std::min(kDepth, b.rows - k),
                           .a_step = a.column_stride,
                           .b_step = b_step,
                           .y = y + v * panel,
                           .y_rows = y_rows + first,
                           .columns = std::min(panel, b.columns - v * panel),
                           .accumulate = k > 0,
                           .epilogue = last ? epilogue.at(v * panel, v * panel) : Epilogue<T>()});
    }
  });
}

template <typename T>
void matmul_of(Context& context, const Array& a, const Array& b, Array& y,
               const Following& following) {
  const int rank = y.rank();
  const Index columns = y.shape()[rank - 1];
  const Index size = y.shape()[rank - 2] * columns;
  if (y.size() == 0) return;
  const Epilogue<T> epilogue(following);
  if (a.shape()[rank - 1] == 0) {
    y.fill(0.0);
    return apply(epilogue, y.data<T>(), y.size() / columns, columns);
  }
  const Routine routine = routine_for(a, b);
  for (Index n = 0; n < y.size() / size; ++n) {
    Index a_offset = 0;
    Index b_offset = 0;
    Index rest = n;
    for (int axis = rank - 3; axis >= 0; --axis) {
      const Index position = rest % y.shape()[axis];
      rest /= y.shape()[axis];
      a_offset += position * a.stride(axis);
      b_offset += position * b.stride(axis);
    }
    multiply(context, routine, Matrix<T>(a, a_offset), Matrix<T>(b, b_offset),
             y.data<T>() + n * size, epilogue.at(0, n * size));
  }
}

}  // namespace

Routine routine_for(const Array& a, const Array& b) {
  const bool whole_vectors =
      b.stride(b.rank() - 1) == 1 && b.shape()[b.rank() - 1] % vector_length(b.dtype()) == 0;
  const bool few_rows = a.shape()[a.rank() - 2] < 2 * kRowsAPiece;
  return whole_vectors && few_rows ? Routine::in_place : Routine::packed;
}

void matmul(Context& context, const Array& a, const Array& b, Array& y,
            const Following& following) {
  y.dtype() == DType::f32 ? matmul_of<float>(context, a, b, y, following)
                          : matmul_of<double>(context, a, b, y, following);
}

}  // namespace autonet::cpu
