#pragma once

#include <cstdint>
#include <string>

namespace autonet::text {

// Numbers as people read them.

/// "1,234,567".
std::string with_commas(std::int64_t number);
/// A number with so many decimals; "nan" and "inf" as they are.
std::string fixed(double number, int decimals);
/// A number in powers of ten: "1.2e-05" with one decimal.
std::string scientific(double number, int decimals);
/// A number with at most so many significant digits: "0.5", "1.001", "1e-09"; "nan" of either sign.
std::string significant(double number, int digits);
/// A fraction as "98.76 %".
std::string percent(double fraction);
/// A loss with four decimals, or in powers of ten where that would say 0.0000.
std::string loss_text(double loss);
/// "12 B", "3.4 KiB", "567 MiB", …
std::string bytes_text(double bytes);
/// "850 ms", "12.3 s", "4:05", "1:02:03".
std::string duration_text(double seconds);

}  // namespace autonet::text
