#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "autonet/autograd/shape.h"

namespace autonet::internal {

/// An array of a MATLAB file, with numbers as the file has them.
struct MatlabArray {
  std::string name;
  std::vector<Index> lengths;       // of its axes, the first of which is the fastest in memory
  std::vector<std::uint8_t> bytes;  // the numbers
};

/// Reads the arrays of real numbers of a MATLAB file of version 5 (save -v6 or -v7), whose elements
/// may be compressed by zlib. Only numbers that the file stores as bytes are read, which is how
/// MATLAB stores pixels and small whole numbers. Arrays of other kinds are skipped.
///
/// max_bytes: the most bytes that the unpacked elements may have together.
///
/// Throws DataError naming file and byte offset.
/// Source: "MAT-File Format", The MathWorks, 2023, "Level 5 MAT-File Format".
std::vector<MatlabArray> read_matlab(const std::string& path, Index max_bytes);

}  // namespace autonet::internal
