#include "exchange/c_source_function_texts.h"

namespace autonet::internal {

std::span<const CFunction> view_functions() {
  static const std::vector<CFunction> kFunctions = {
      {"element_count", {}, R"(
/* The number of elements. */
static int32_t element_count(array x) {
  int32_t count = 1;
  for (int32_t axis = 0; axis < x.rank; ++axis) count *= x.n[axis];
  return count;
}
)"},
      {"writable", {}, R"(
/* Where the elements of a result are written, row by row. Results lie in memory[], never among constants. */
static number *writable(array y) { return (number *)y.at; }
)"},
      {"stretched", {}, R"(
/* x in the shape of y: missing axes and axes of length 1 are repeated, by steps of 0. */
static array stretched(array x, array y) {
  array wide = y;
  wide.at = x.at;
  for (int32_t axis = y.rank - 1, from = x.rank - 1; axis >= 0; --axis, --from) {
    wide.step[axis] = from >= 0 && (x.n[from] != 1 || y.n[axis] == 1) ? x.step[from] : 0;
  }
  return wide;
}
)"},
      {"row_length", {}, R"(
/* The number of elements in a row: along the last axis. */
static int32_t row_length(array x) { return x.rank == 0 ? 1 : x.n[x.rank - 1]; }
)"},
      {"row_step", {}, R"(
/* From one element of a row to the next. */
static int32_t row_step(array x) { return x.rank == 0 ? 0 : x.step[x.rank - 1]; }
)"},
      {"row_at", {}, R"(
/* Where row number `row` begins; rows are counted in the order of the axes before the last. */
static const number *row_at(array x, int32_t row) {
  const number *at = x.at;
  for (int32_t axis = x.rank - 2; axis >= 0; --axis) {
    at += (row % x.n[axis]) * x.step[axis];
    row /= x.n[axis];
  }
  return at;
}
)"},
      {"flip", {}, R"(
/* x with the order along `axis` reversed. */
static array flip(array x, int32_t axis) {
  x.at += (x.n[axis] - 1) * x.step[axis];
  x.step[axis] = -x.step[axis];
  return x;
}
)"},
      {"flip_kernel", {"flip"}, R"(
/* A kernel w [R,S,C,K] with its rows and its columns reversed. */
static array flip_kernel(array w) { return flip(flip(w, 0), 1); }
)"},
      {"flip_images", {"flip"}, R"(
/* Images [N,H,W,C] with their rows and their columns reversed. */
static array flip_images(array x) { return flip(flip(x, 1), 2); }
)"},
      {"permute", {}, R"(
/* Axis i of the result is axis axes[i] of x. */
static array permute(array x, const int32_t *axes) {
  array y = x;
  for (int32_t i = 0; i < x.rank; ++i) {
    y.n[i] = x.n[axes[i]];
    y.step[i] = x.step[axes[i]];
  }
  return y;
}
)"},
      {"swap_channels", {"permute"}, R"(
/* A kernel w [R,S,C,K] as [R,S,K,C]. */
static array swap_channels(array w) { return permute(w, (const int32_t[]){0, 1, 3, 2}); }
)"},
      {"batch_as_channels", {"permute"}, R"(
/* Images [N,H,W,C] as [C,H,W,N], so that a convolution sums over the batch. */
static array batch_as_channels(array x) { return permute(x, (const int32_t[]){3, 1, 2, 0}); }
)"},
      {"images_as_kernel", {"permute"}, R"(
/* Images [N,H,W,C] as a kernel [H,W,N,C]. */
static array images_as_kernel(array x) { return permute(x, (const int32_t[]){1, 2, 0, 3}); }
)"},
      {"transpose", {}, R"(
/* A matrix with rows and columns exchanged; of several, each. */
static array transpose(array x) {
  const int32_t n = x.n[x.rank - 1], step = x.step[x.rank - 1];
  x.n[x.rank - 1] = x.n[x.rank - 2];
  x.step[x.rank - 1] = x.step[x.rank - 2];
  x.n[x.rank - 2] = n;
  x.step[x.rank - 2] = step;
  return x;
}
)"},
      {"reshape", {}, R"(
/* The same elements, which lie row by row without gaps, under another shape. */
static array reshape(array x, int32_t rank, const int32_t *n) {
  int32_t step = 1;
  x.rank = rank;
  for (int32_t axis = rank - 1; axis >= 0; --axis) {
    x.n[axis] = n[axis];
    x.step[axis] = step;
    step *= n[axis];
  }
  return x;
}
)"},
      {"broadcast", {"stretched"}, R"(
/* x stretched to the shape n. */
static array broadcast(array x, int32_t rank, const int32_t *n) {
  array y = x;
  y.rank = rank;
  for (int32_t axis = 0; axis < rank; ++axis) y.n[axis] = n[axis];
  return stretched(x, y);
}
)"},
      {"slice", {}, R"(
/* Elements first, first + every, ... along an axis, `length` of them. */
static array slice(array x, int32_t axis, int32_t first, int32_t length, int32_t every) {
  x.at += first * x.step[axis];
  x.n[axis] = length;
  x.step[axis] *= every;
  return x;
}
)"},
  };
  return kFunctions;
}

}  // namespace autonet::internal
