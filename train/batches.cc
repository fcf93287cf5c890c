#include "autonet/train/batches.h"

#include <algorithm>

#include "autonet/autograd/error.h"
#include "autonet/autograd/random.h"
#include "autonet/text/concat.h"

namespace autonet {
namespace {

Array rows_in_order(const Array& from, const std::vector<Index>& order) {
  Array to = Array::uninitialized(from.type());
  for (size_t i = 0; i < order.size(); ++i)
    to.slice(0, static_cast<Index>(i), 1).copy_from(from.slice(0, order[i], 1));
  return to;
}

}  // namespace

std::vector<std::pair<Array, Array>> batches(const Array& x, const Array& y, Index size,
                                             std::optional<std::uint64_t> seed) {
  if (x.rank() < 1 || y.rank() < 1 || x.shape()[0] != y.shape()[0]) {
    throw Error(text::concat("batches: x ", x.shape(), " and y ", y.shape(),
                             " must have the same number of rows"));
  }
  if (size < 1) throw Error(text::concat("batches: the size must be at least 1, got ", size));
  const Index rows = x.shape()[0];
  Array all_x = x;
  Array all_y = y;
  if (seed) {
    const std::vector<Index> order = permutation(rows, *seed, stream_of("batches"));
    all_x = rows_in_order(x, order);
    all_y = rows_in_order(y, order);
  }
  std::vector<std::pair<Array, Array>> pieces;
  for (Index first = 0; first < rows; first += size) {
    const Index length = std::min(size, rows - first);
    pieces.emplace_back(all_x.slice(0, first, length), all_y.slice(0, first, length));
  }
  return pieces;
}

}  // namespace autonet
