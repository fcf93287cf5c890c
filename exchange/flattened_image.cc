#include "exchange/flattened_image.h"

namespace autonet::internal {

Array channels_first_rows(const Array& rows, const Shape& image) {
  return rows.reshape({image[0], image[1], image[2], rows.size() / image.size()})
      .permute({2, 0, 1, 3})
      .clone()
      .reshape(rows.shape());
}

Array channels_last_rows(const Array& rows, const Shape& image) {
  return rows.reshape({image[2], image[0], image[1], rows.size() / image.size()})
      .permute({1, 2, 0, 3})
      .clone()
      .reshape(rows.shape());
}

}  // namespace autonet::internal
