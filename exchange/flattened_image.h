#pragma once

#include "autonet/autograd/array.h"

namespace autonet::internal {

/// The rows of an array [H*W*C,…], one for each number of an image [H,W,C], in the order in which
/// ONNX and PyTorch flatten the image [C,H,W]. A fresh array.
Array channels_first_rows(const Array& rows, const Shape& image);

/// The reverse.
Array channels_last_rows(const Array& rows, const Shape& image);

}  // namespace autonet::internal
