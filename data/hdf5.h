#pragma once

#include <string>

#include "autonet/autograd/array.h"

namespace autonet::internal {

/// The numbers of a dataset of an HDF5 file, such as "x" or "train/data", in row-major order: f32
/// from real numbers of up to 4 bytes, else f64. A dataset may be compressed by deflate.
///
/// Throws DataError with the file, the dataset and the reason; also if there is no reader.
Array read_hdf5(const std::string& path, const std::string& dataset);

/// True if the file has a dataset of that name. Errors as read_hdf5().
bool has_hdf5(const std::string& path, const std::string& dataset);

/// What does the work of the functions above: see use_hdf5().
struct Hdf5Reader {
  Array (*read)(const std::string& path, const std::string& dataset);
  bool (*has)(const std::string& path, const std::string& dataset);
};
void set_hdf5_reader(const Hdf5Reader* chosen);

}  // namespace autonet::internal
