#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace autonet::text {

/// The candidate that `word` was probably meant to be: the nearest by insertions, deletions,
/// replacements and swaps of neighbours, if near enough; else empty. Case, "_" and "-" do not
/// matter, and a part of a candidate ("conv" of "conv2d") is near.
std::string nearest(std::string_view word, std::span<const std::string> candidates);

/// `; did you mean "X"?` for the nearest candidate, else `; known: a, b, c` (at most twelve).
std::string did_you_mean(std::string_view word, std::span<const std::string> candidates);

/// "a, b or c".
std::string listed(std::span<const std::string> names);

}  // namespace autonet::text
