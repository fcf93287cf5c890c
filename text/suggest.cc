#include "text/suggest.h"

#include <algorithm>
#include <cctype>
#include <vector>

#include "autonet/text/concat.h"

namespace autonet::text {
namespace {

/// The word in small letters without "_" and "-", so that "MaxPool2d" equals "max_pool2d".
std::string plain(std::string_view word) {
  std::string text;
  for (char c : word) {
    if (c == '_' || c == '-') continue;
    text += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return text;
}

/// The optimal string alignment distance: F. Damerau, "A technique for computer detection and
/// correction of spelling errors", 1964.
std::size_t distance(const std::string& a, const std::string& b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        d[i][j] = i + j;
        continue;
      }
      const std::size_t replaced = d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
  }
  return d[a.size()][b.size()];
}

}  // namespace

std::string nearest(std::string_view word, std::span<const std::string> candidates) {
  if (word.empty() || word.size() > 64) return {};
  const std::string wanted = plain(word);
  std::string best;
  // How many letters may be wrong: one in short words, a third in long ones.
  const std::size_t allowed = word.size() <= 3 ? 1 : std::max<std::size_t>(2, word.size() / 3);
  std::size_t best_distance = allowed + 1;
  for (const std::string& candidate : candidates) {
    const std::string known = plain(candidate);
    std::size_t d = distance(wanted, known);
    // "conv" for "conv2d", "pool" for "max_pool2d": part of a name is close enough.
    const bool inside = wanted.size() >= 3 && known.find(wanted) != std::string::npos;
    if (inside) d = std::min(d, allowed);
    if (d < best_distance && d < std::max(word.size(), candidate.size())) {
      best = candidate;
      best_distance = d;
    }
  }
  return best;
}

std::string listed(std::span<const std::string> names) {
  if (names.size() < 2) return joined(names, "");
  return joined(names.first(names.size() - 1), ", ") + " or " + names.back();
}

std::string did_you_mean(std::string_view word, std::span<const std::string> candidates) {
  const std::string best = nearest(word, candidates);
  if (!best.empty()) return "; did you mean \"" + best + "\"?";
  constexpr std::size_t kMost = 12;
  return "; known: " + joined(candidates.first(std::min(candidates.size(), kMost)), ", ") +
         (candidates.size() > kMost ? ", …" : "");
}

}  // namespace autonet::text
