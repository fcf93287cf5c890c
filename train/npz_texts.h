#pragma once

#include <string>
#include <string_view>

#include "autonet/train/checkpoint.h"

namespace autonet::internal {

/// The texts as the comment of a zip archive: "autonet texts ", a checksum, and a JSON object.
/// Empty if there are none, they are longer than a comment may be (65,535 bytes), or are not UTF-8.
std::string comment_of_texts(const ArrayFile& content);

/// Adds the texts of such a comment; another comment has none. Returns what is wrong with it, or
/// nothing.
std::string add_texts_of(std::string_view comment, ArrayFile& content);

}  // namespace autonet::internal
