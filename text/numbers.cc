#include "text/numbers.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "autonet/text/concat.h"

namespace autonet::text {
namespace {

template <typename... Numbers>
std::string formatted(const char* format, Numbers... numbers) {
  std::array<char, 400> text{};  // 330 hold the largest double with a few decimals
  std::snprintf(text.data(), text.size(), format, numbers...);
  return text.data();
}

/// "images", "classes", "batches", "entries"; but "epochs", whose ch is a k.
std::string plural(std::string_view noun) {
  if (noun.ends_with("och")) return concat(noun, "s");
  for (const char* end : {"s", "x", "z", "ch", "sh"})
    if (noun.ends_with(end)) return concat(noun, "es");
  const bool changes = noun.size() > 1 && noun.back() == 'y' &&
                       std::string_view("aeiou").find(noun[noun.size() - 2]) == noun.npos;
  return changes ? concat(noun.substr(0, noun.size() - 1), "ies") : concat(noun, "s");
}

}  // namespace

std::string with_commas(double number) {
  if (!std::isfinite(number)) return "0";
  return with_commas(std::llround(std::clamp(number, -9e18, 9e18)));
}

std::string with_commas(std::int64_t number) {
  std::string digits = concat(number);
  const size_t first = number < 0 ? 1 : 0;
  for (size_t i = digits.size(); i > first + 3;) {
    i -= 3;
    digits.insert(i, 1, ',');
  }
  return digits;
}

std::string counted(std::int64_t number, std::string_view noun) {
  return concat(with_commas(number), " ", number == 1 ? std::string(noun) : plural(noun));
}

std::string fixed(double number, int decimals) {
  return formatted("%.*f", decimals, number);
}

std::string scientific(double number, int decimals) {
  return formatted("%.*e", decimals, number);
}

std::string significant(double number, int digits) {
  return std::isnan(number) ? "nan" : formatted("%.*g", digits, number);
}

std::string percent(double fraction) {
  return fixed(100.0 * fraction, 2) + " %";
}

std::string loss_text(double loss) {
  return loss != 0 && std::abs(loss) < 0.00005 ? formatted("%.1e", loss) : fixed(loss, 4);
}

std::string bytes_text(double bytes) {
  if (bytes < 1024) return fixed(bytes, 0) + " B";
  const char* unit = "KiB";
  bytes /= 1024;
  for (const char* larger : {"MiB", "GiB", "TiB"}) {
    if (bytes < 1024) break;
    bytes /= 1024;
    unit = larger;
  }
  return fixed(bytes, bytes < 99.95 ? 1 : 0) + " " + unit;
}

std::string duration_text(double seconds) {
  if (seconds < 0.9995) return fixed(1000 * seconds, 0) + " ms";
  if (seconds < 59.95) return fixed(seconds, 1) + " s";
  const auto whole = static_cast<long long>(std::llround(std::min(seconds, 1e9)));
  if (whole < 3600) return formatted("%lld:%02lld", whole / 60, whole % 60);
  return formatted("%lld:%02lld:%02lld", whole / 3600, whole / 60 % 60, whole % 60);
}

}  // namespace autonet::text
