#pragma once

#include <cstddef>
#include <string>

namespace autonet::text {

/// The words of a paragraph in lines of at most `columns` columns, without a line break at the end.
/// The second and later lines begin with `indent`.
std::string wrapped(const std::string& paragraph, std::size_t columns, const std::string& indent);

}  // namespace autonet::text
