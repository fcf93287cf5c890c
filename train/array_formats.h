#pragma once

#include <string>
#include <string_view>

#include "train/checkpoint.h"

namespace autonet::internal {

/// The bytes of an .npz: a zip archive, stored without compression, of NAME.npy in NumPy's
/// format 1.0. A text of key K is the array `__K__` of bytes (dtype u1). The same content gives the
/// same bytes. Throws DataError above 4 GiB.
std::string to_npz(const ArrayFile& content);

/// Reads an .npz of f4, f8 or u1 arrays in row- or column-major order, stored or deflated, as
/// NumPy's savez and savez_compressed write them. Throws DataError naming `path`, the byte and what
/// was expected there.
ArrayFile from_npz(std::string_view bytes, const std::string& path);

/// The bytes of a .safetensors file: a header of JSON, then the numbers. Texts are its metadata.
std::string to_safetensors(const ArrayFile& content);
ArrayFile from_safetensors(std::string_view bytes, const std::string& path);

}  // namespace autonet::internal
