#include "cli/terminal_curves.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "autonet/text/concat.h"
#include "text/numbers.h"
#include "text/table.h"

namespace autonet::cli {
namespace {

constexpr int kRows = 8;
constexpr int kNumbers = 9;  // columns of the numbers at the left, with the axis
constexpr int kGap = 2;

using Curve = std::vector<double>;

struct Chart {
  std::string title;
  Curve train;
  Curve validation;  // may be empty
  std::string (*number)(double);
};

/// What the characters of a chart are. A cell of a chart has an upper and a lower half if `halves`
/// is 2. A curve of the training set fills a half, one of the validation set its left part, so that
/// both can be seen in one cell.
struct Style {
  int halves;
  const char*
      cells[16];  // by the sum of 1: train above, 2: train below, 4: validation above, 8: below
  const char* tick;
  const char* side;
  const char* corner;
  const char* bottom;
  const char* legend;
  const char* legend_alone;
};

constexpr Style kBlocks = {
    2,
    {" ", "▀", "▄", "█", "▘", "▀", "▙", "█", "▖", "▛", "▄", "█", "▌", "▛", "▙", "█"},
    "┤",
    "│",
    "└",
    "─",
    "▀ train  ▘ validation",
    "▀ train"};
constexpr Style kAscii = {1,   {" ", "*", "", "", "o", "#"},    "+",      "|", "+",
                          "-", "* train  o validation  # both", "* train"};

/// The curve's value in a column, between those of the two epochs next to it.
double at(const Curve& curve, int column, int columns) {
  const double position =
      column * static_cast<double>(curve.size() - 1) / static_cast<double>(columns - 1);
  const auto before = std::min(static_cast<size_t>(position), curve.size() - 2);
  const double share = position - static_cast<double>(before);
  return (1 - share) * curve[before] + share * curve[before + 1];
}

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
};

Range range_of(const Chart& chart) {
  Range range;
  for (const Curve* curve : {&chart.train, &chart.validation}) {
    for (const double value : *curve) {
      if (!std::isfinite(value)) continue;
      range.low = std::min(range.low, value);
      range.high = std::max(range.high, value);
    }
  }
  if (range.low > range.high) range = {0, 1};  // no number is finite
  if (range.low == range.high) {               // a level curve: at the top
    range.low -= range.high == 0 ? 1 : 0.1 * std::abs(range.high);
  }
  return range;
}

std::vector<std::string> lines_of(const Chart& chart, int columns, const Style& style) {
  const Range range = range_of(chart);
  const int levels = kRows * style.halves;
  std::vector<int> cells(static_cast<size_t>(kRows) * static_cast<size_t>(columns));
  const auto cell = [columns](int row, int column) {
    return static_cast<size_t>(row) * static_cast<size_t>(columns) + static_cast<size_t>(column);
  };
  const auto draw = [&](const Curve& curve, int mark) {
    for (int column = 0; column < columns && !curve.empty(); ++column) {
      const double value = at(curve, column, columns);
      if (!std::isfinite(value)) continue;
      const double share = (range.high - value) / (range.high - range.low);
      const int level =
          std::clamp(static_cast<int>(std::lround(share * (levels - 1))), 0, levels - 1);
      cells[cell(level / style.halves, column)] |= mark << (level % style.halves);
    }
  };
  draw(chart.train, 1);
  draw(chart.validation, 4);

  std::vector<std::string> lines = {std::string(kNumbers, ' ') + chart.title};
  for (int row = 0; row < kRows; ++row) {
    const bool end = row == 0 || row == kRows - 1;
    const std::string number =
        end ? chart.number(row == 0 ? range.high : range.low) : std::string();
    std::string line = text::padded(number, kNumbers - 1) + (end ? style.tick : style.side);
    for (int column = 0; column < columns; ++column) line += style.cells[cells[cell(row, column)]];
    lines.push_back(line);
  }
  lines.push_back(std::string(kNumbers - 1, ' ') + style.corner);
  for (int column = 0; column < columns; ++column) lines.back() += style.bottom;
  const std::string last = text::concat("epoch ", chart.train.size());
  lines.push_back(std::string(kNumbers, ' ') + "1" +
                  text::padded(last, static_cast<size_t>(columns - 1)));
  return lines;
}

}  // namespace

std::string terminal_curves(const std::vector<EpochReport>& epochs, bool regression, int width,
                            bool unicode) {
  const int columns = (std::min(width, 80) - kGap) / 2 - kNumbers;
  if (epochs.size() < 2 || columns < 14) return "";
  Chart loss{.title = "loss", .train = {}, .validation = {}, .number = text::loss_text};
  Chart quality{.title = regression ? "RMSE" : "accuracy",
                .train = {},
                .validation = {},
                .number = regression ? text::loss_text : text::percent};
  const auto add = [&](const Metrics& metrics, Curve Chart::*curve) {
    (loss.*curve).push_back(metrics.loss);
    (quality.*curve).push_back(regression ? metrics.rmse : metrics.accuracy);
  };
  bool validated = true;
  for (const EpochReport& epoch : epochs) {
    add(epoch.train, &Chart::train);
    validated = validated && epoch.validation;
  }
  for (const EpochReport& epoch : epochs)
    if (validated) add(*epoch.validation, &Chart::validation);

  const Style& style = unicode ? kBlocks : kAscii;
  const std::vector<std::string> left = lines_of(loss, columns, style);
  const std::vector<std::string> right = lines_of(quality, columns, style);
  std::string text;
  for (size_t i = 0; i < left.size(); ++i) {
    const auto filled = static_cast<int>(text::display_width(left[i]));
    std::string line = left[i] +
                       std::string(static_cast<size_t>(kNumbers + columns + kGap - filled), ' ') +
                       right[i];
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text + std::string(kNumbers, ' ') + (validated ? style.legend : style.legend_alone) + "\n";
}

}  // namespace autonet::cli
