#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace autonet::text {

// Numbers in the forms in which people read them.

/// "1,234,567"; a fraction is rounded, and NaN and infinities become 0.
std::string with_commas(double number);
std::string with_commas(std::int64_t number);
template <std::integral T>
std::string with_commas(T number) {
  return with_commas(static_cast<std::int64_t>(number));
}
/// "1 thread", "1,000 threads", "10 classes": a number and its noun, in the plural unless it is 1.
std::string counted(std::int64_t number, std::string_view noun);
/// The number with a fixed count of decimals: fixed(2.0, 3) is "2.000". Also "nan" and "inf".
std::string fixed(double number, int decimals);
/// A number in powers of ten: "1.2e-05" with one decimal.
std::string scientific(double number, int decimals);
/// A number with at most so many significant digits: "0.5", "1.001", "1e-09"; "nan" of either sign.
std::string significant(double number, int digits);
/// A fraction as "98.76 %".
std::string percent(double fraction);
/// A loss with four decimals, or as "1.2e-05" where four decimals would show 0.0000.
std::string loss_text(double loss);
/// "12 B", "3.4 KiB", "567 MiB", …
std::string bytes_text(double bytes);
template <std::integral T>
std::string bytes_text(T bytes) {
  return bytes_text(static_cast<double>(bytes));
}
/// "850 ms", "12.3 s", "4:05", "1:02:03".
std::string duration_text(double seconds);

}  // namespace autonet::text
