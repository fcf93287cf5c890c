#include "autonet/train/batches.h"

#include <algorithm>

#include "autonet/autograd/error.h"
#include "autonet/autograd/random.h"
#include "autonet/data/examples.h"
#include "autonet/text/concat.h"

namespace autonet {
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
    all_x = internal::rows_of(x, order);
    all_y = internal::rows_of(y, order);
  }
  std::vector<std::pair<Array, Array>> pieces;
  for (Index first = 0; first < rows; first += size) {
    const Index length = std::min(size, rows - first);
    pieces.emplace_back(all_x.slice(0, first, length), all_y.slice(0, first, length));
  }
  return pieces;
}

}  // namespace autonet
