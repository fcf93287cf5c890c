#include "text/table.h"

#include <algorithm>
#include <utility>

namespace autonet::text {

Table::Table(std::vector<std::string> header)
    : header_(std::move(header)), left_(header_.size(), false) {
  if (!left_.empty()) left_[0] = true;
}

void Table::align_left(const std::vector<size_t>& columns) {
  for (const size_t column : columns) left_.at(column) = true;
}

void Table::add(std::vector<std::string> cells) {
  cells.resize(header_.size());
  rows_.push_back(std::move(cells));
}

void Table::add_rule() {
  rows_.emplace_back();
}

std::string Table::text() const {
  std::vector<size_t> widths;
  return lines(widths, true);
}

std::string Table::next_part() {
  std::string part = lines(widths_, widths_.empty());
  rows_.clear();
  return part;
}

std::string Table::lines(std::vector<size_t>& widths, bool with_header) const {
  widths.resize(header_.size());
  for (size_t c = 0; c < header_.size(); ++c) {
    widths[c] = std::max(widths[c], display_width(header_[c]));
    for (const auto& row : rows_)
      if (!row.empty()) widths[c] = std::max(widths[c], display_width(row[c]));
  }
  std::string text;
  const auto add_line = [&](const std::vector<std::string>& cells) {
    std::string line;
    for (size_t c = 0; c < cells.size(); ++c) {
      if (c > 0) line += "  ";
      line += left_[c] ? cells[c] + std::string(widths[c] - display_width(cells[c]), ' ')
                       : padded(cells[c], widths[c]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  };
  if (with_header) add_line(header_);
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

std::string Table::markdown() const {
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

std::string padded(const std::string& text, size_t width) {
  const size_t used = display_width(text);
  return used >= width ? text : std::string(width - used, ' ') + text;
}

}  // namespace autonet::text
