#pragma once

#include <string>

#include "autonet/autograd/array.h"

namespace autonet::internal {

/// The numbers of a dataset of an HDF5 file, such as "x" or "train/data", in row-major order: f32
/// from real numbers of up to 4 bytes, else f64. A dataset may be compressed by deflate.
///
/// Throws DataError with the file, the dataset and the reason; also if the program was built
/// without libhdf5.
Array read_hdf5(const std::string& path, const std::string& dataset);

/// True if the file has a dataset of that name. Errors as read_hdf5().
bool has_hdf5(const std::string& path, const std::string& dataset);

}  // namespace autonet::internal
