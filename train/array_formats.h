#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "autonet/train/checkpoint.h"

namespace autonet::internal {

/// True for an array of a file that is to be read. It is called before anything is unpacked or
/// allocated for the array, and may throw if the name or the type is wrong.
using ArrayChoice = std::function<bool(const std::string& name, const ArrayType& type)>;

/// Reads the chosen arrays of a file, and all of its texts; else as load_arrays().
ArrayFile load_chosen_arrays(const std::string& path, const ArrayChoice& choose);

/// Reads the texts of a file, and none of its arrays; else as load_arrays().
ArrayFile load_texts(const std::string& path);

/// The choice of all arrays.
bool every_array(const std::string& name, const ArrayType& type);

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
ArrayFile from_npz(std::string_view bytes, const std::string& path, const ArrayChoice& choose);

/// The bytes of a .safetensors file: a JSON header, then the numbers. Texts are its metadata, to
/// which is added "autonet_crc32": a checksum of the names, shapes and numbers of all arrays and of
/// all texts. Reading compares it; a file without it, of another program, is read as it is, with
/// ArrayFile::checked false.
std::string to_safetensors(const ArrayFile& content);
ArrayFile from_safetensors(std::string_view bytes, const std::string& path);
ArrayFile from_safetensors(std::string_view bytes, const std::string& path,
                           const ArrayChoice& choose);

}  // namespace autonet::internal
