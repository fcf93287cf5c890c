#pragma once

#include <string>
#include <string_view>

#include "autonet/train/checkpoint.h"

namespace autonet::internal {

/// The bytes of an .npz file: an uncompressed zip archive with an entry NAME.npy in NumPy's format
/// 1.0 for each array. The texts are the archive's comment, a JSON object behind a checksum, which
/// NumPy does not show; if they are longer than a comment may be (65,535 bytes), the text of key K
/// is the array `__K__` of bytes (dtype u1), as in older versions. The same content gives the same
/// bytes. Throws DataError above 4 GiB.
std::string to_npz(const ArrayFile& content);

/// Reads an .npz file of real or whole numbers (see parse_npy) in row- or column-major order,
/// compressed or not, as NumPy's savez and savez_compressed write them. Throws DataError naming
/// `path`, the byte and what was expected there.
ArrayFile from_npz(std::string_view bytes, const std::string& path);

/// The bytes of a .safetensors file: a JSON header, then the numbers. Texts are its metadata.
std::string to_safetensors(const ArrayFile& content);
ArrayFile from_safetensors(std::string_view bytes, const std::string& path);

}  // namespace autonet::internal
