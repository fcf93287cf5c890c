#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "autonet/autograd/array.h"

namespace autonet::internal {

/// An array in NumPy's format, as its header describes it.
struct Npy {
  char kind = 'f';  // 'f' real numbers, 'i' and 'u' whole numbers with and without sign, 'b' bool
  int width = 4;    // bytes of a number
  bool column_major = false;
  Shape shape;
  std::string_view body;  // the numbers, little-endian
};

/// Reads the header of an array in NumPy's format and checks that the bytes after it are those that
/// its shape needs. path, name: of the file and, in an archive, of the array, for errors.
///
/// Throws DataError if the header is damaged, or the numbers are neither real (4 or 8 bytes) nor
/// whole (1 to 8 bytes) nor bool.
/// Source: NumPy's numpy.lib.format.
Npy parse_npy(std::string_view bytes, const std::string& path, const std::string& name = {});

/// The same of the first bytes of an array that has `whole` bytes. Npy::body may then be cut.
Npy parse_npy_start(std::string_view start, std::uint64_t whole, const std::string& path,
                    const std::string& name);

/// The type of the array that to_array() makes.
ArrayType type_of(const Npy& npy);

/// The numbers as an array in row-major order: f32 from real numbers of 4 bytes and whole numbers
/// of 1 byte, else f64. Throws DataError, which names the file, if there is not enough memory.
Array to_array(const Npy& npy, const std::string& path);

}  // namespace autonet::internal
