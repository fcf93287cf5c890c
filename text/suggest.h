#pragma once

#include <span>
#include <string>
#include <string_view>

namespace autonet::text {

/// The candidate that `word` was probably meant to be, or "" if none is close. The distance counts
/// inserted, deleted and replaced letters and swaps of neighbours; case, "_" and "-" do not count.
/// A word that is part of a candidate ("conv" in "conv2d") is close to it.
std::string nearest(std::string_view word, std::span<const std::string> candidates);

/// `; did you mean "X"?` for the nearest candidate, else `; known: a, b, c` (at most twelve).
std::string did_you_mean(std::string_view word, std::span<const std::string> candidates);

/// "a, b or c".
std::string listed(std::span<const std::string> names);

}  // namespace autonet::text
