#pragma once

#include <string>

#include "autonet/train/checkpoint.h"

namespace autonet::internal {

/// What the bits of a run depend on besides its model and data, as JSON: the instruction set that
/// the routines use, the compiler, and the version of autonet. The text "made_with" of a
/// checkpoint.
std::string made_with();

/// If a file says that it was made with other ones, a sentence that names both; empty if they are
/// the same, or the file does not say.
std::string made_elsewhere(const ArrayFile& file, const std::string& path);

}  // namespace autonet::internal
