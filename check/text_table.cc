#include "check/text_table.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <utility>

namespace autonet {
namespace {

template <typename... Numbers>
std::string formatted(const char* format, Numbers... numbers) {
  std::array<char, 400> text{};  // a double with a few decimals takes 330 at most
  std::snprintf(text.data(), text.size(), format, numbers...);
  return text.data();
}

}  // namespace

TextTable::TextTable(std::vector<std::string> header)
    : header_(std::move(header)), left_(header_.size(), false) {
  if (!left_.empty()) left_[0] = true;
}

void TextTable::align_left(std::vector<size_t> columns) {
  for (const size_t column : columns) left_.at(column) = true;
}

void TextTable::add(std::vector<std::string> cells) {
  cells.resize(header_.size());
  rows_.push_back(std::move(cells));
}

void TextTable::add_rule() {
  rows_.emplace_back();
}

std::string TextTable::text() const {
  std::vector<size_t> widths;
  for (size_t c = 0; c < header_.size(); ++c) {
    size_t width = display_width(header_[c]);
    for (const auto& row : rows_)
      if (!row.empty()) width = std::max(width, display_width(row[c]));
    widths.push_back(width);
  }
  std::string text;
  const auto add_line = [&](const std::vector<std::string>& cells) {
    std::string line;
    for (size_t c = 0; c < cells.size(); ++c) {
      if (c > 0) line += "  ";
      const std::string blanks(widths[c] - display_width(cells[c]), ' ');
      line += left_[c] ? cells[c] + blanks : blanks + cells[c];
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  };
  add_line(header_);
  for (const auto& row : rows_) {
    if (!row.empty()) {
      add_line(row);
      continue;
    }
    size_t total = widths.empty() ? 0 : 2 * (widths.size() - 1);
    for (const size_t width : widths) total += width;
    text += std::string(total, '-') + "\n";
  }
  return text;
}

std::string TextTable::markdown() const {
  const auto line = [](const std::vector<std::string>& cells) {
    std::string text = "|";
    for (const std::string& cell : cells) text.append(" ").append(cell).append(" |");
    return text + "\n";
  };
  std::string text = line(header_) + "|";
  for (const bool left : left_) text += left ? "---|" : "---:|";
  text += "\n";
  for (const auto& row : rows_)
    if (!row.empty()) text += line(row);
  return text;
}

size_t display_width(const std::string& text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
  }));
}

std::string with_commas(std::int64_t number) {
  std::string digits = std::to_string(number);
  const size_t first = number < 0 ? 1 : 0;
  for (size_t i = digits.size(); i > first + 3;) {
    i -= 3;
    digits.insert(i, 1, ',');
  }
  return digits;
}

std::string fixed(double number, int decimals) {
  return formatted("%.*f", decimals, number);
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

}  // namespace autonet
