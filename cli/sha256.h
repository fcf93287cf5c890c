#pragma once

#include <optional>
#include <string>

namespace autonet::cli {

/// The SHA-256 of a file's bytes, as 64 hexadecimal digits. Nothing if the program was built
/// without OpenSSL's libcrypto, which computes it. Throws DataError if the file cannot be read.
std::optional<std::string> sha256_of(const std::string& path);

}  // namespace autonet::cli
