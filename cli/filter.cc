#include "cli/filter.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <filesystem>

#include "autonet/autograd/error.h"
#include "autonet/autograd/tape.h"
#include "autonet/ops/conv2d.h"
#include "autonet/text/concat.h"
#include "data/file_bytes.h"
#include "text/numbers.h"
#include "text/table.h"

namespace autonet::cli {
namespace {

constexpr size_t kMaxSide = 255;
constexpr Index kMaxBytes = 1 << 20;  // of a file

template <typename... Args>
[[noreturn]] void refuse(const Args&... what) {
  throw ModelError(
      text::concat("reading the kernel: ", what...,
                   "; write rows with \";\" between them, as in \"0 -1 0; -1 5 -1; 0 -1 0\""));
}

double number(std::string_view text) {
  double value = 0;
  const auto slash = text.find('/');
  if (slash != text.npos) return number(text.substr(0, slash)) / number(text.substr(slash + 1));
  const std::string_view digits = text.substr(text.substr(0, 1) == "+" ? 1 : 0);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size() || !std::isfinite(value))
    refuse("\"", text, "\" is not a number");
  return value;
}

/// The rows of a matrix in either form: a row ends at ";", a line end or "]".
std::vector<std::vector<double>> rows_of(std::string_view text) {
  std::vector<std::vector<double>> rows(1);
  std::string word;
  const auto end_word = [&] {
    if (!word.empty()) rows.back().push_back(number(word));
    word.clear();
  };
  for (const char letter : text) {
    if (letter == ';' || letter == '\n' || letter == ']') {
      end_word();
      if (!rows.back().empty()) rows.emplace_back();
    } else if (letter == '[' || letter == ',' ||
               std::isspace(static_cast<unsigned char>(letter)) != 0) {
      end_word();
    } else {
      word += letter;
    }
  }
  end_word();
  if (rows.back().empty()) rows.pop_back();
  return rows;
}

Array matrix_of(const std::vector<std::vector<double>>& rows) {
  if (rows.empty()) refuse("it contains no number");
  std::vector<double> numbers;
  for (const auto& row : rows) {
    if (row.size() != rows[0].size()) {
      refuse("its rows must have the same length, but row 1 has ", rows[0].size(),
             " numbers and row ", 1 + (&row - rows.data()), " has ", row.size());
    }
    numbers.insert(numbers.end(), row.begin(), row.end());
  }
  if (rows.size() > kMaxSide || rows[0].size() > kMaxSide) {
    refuse("it may have ", kMaxSide, " rows and columns at most, got ", rows.size(), " and ",
           rows[0].size());
  }
  for (const double value : numbers)
    if (!std::isfinite(value)) refuse("it contains a division by zero");
  const Shape shape{static_cast<Index>(rows.size()), static_cast<Index>(rows[0].size())};
  return Array::from<double>(shape, numbers);
}

Array matrix_of(std::initializer_list<double> numbers) {
  return Array::from<double>(Shape{3, 3}, numbers);
}

}  // namespace

const std::vector<Filter>& classic_filters() {
  static const std::vector<Filter> kFilters = {
      {"blur", matrix_of({1. / 9, 1. / 9, 1. / 9, 1. / 9, 1. / 9, 1. / 9, 1. / 9, 1. / 9, 1. / 9})},
      {"sharpen", matrix_of({0, -1, 0, -1, 5, -1, 0, -1, 0})},
      {"edges", matrix_of({-1, -1, -1, -1, 8, -1, -1, -1, -1})},
  };
  return kFilters;
}

Filter read_filter(const std::string& text) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(text, error)) {
    // This looks like the name of a file, so report a missing file rather than a bad number.
    if (std::any_of(text.begin(), text.end(), [](char c) { return c == '.' || c == '/'; }) &&
        std::none_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; })) {
      throw DataError("reading the kernel " + text + ": there is no such file");
    }
    return {"kernel", matrix_of(rows_of(text))};
  }
  return {"kernel", matrix_of(rows_of(internal::read_file(text, kMaxBytes)))};
}

Picture apply(const Filter& filter, const Picture& picture) {
  const Index rows = filter.matrix.shape()[0];
  const Index cols = filter.matrix.shape()[1];
  Window same;
  same.rows.lo = rows / 2;
  same.rows.hi = rows - 1 - rows / 2;
  same.cols.lo = cols / 2;
  same.cols.hi = cols - 1 - cols / 2;

  Picture result = picture;
  // One channel at a time, because in f64 a picture takes eight times its memory.
  for (Index channel = 0; channel < picture.channels; ++channel) {
    Array numbers = Array::uninitialized({Shape{1, picture.rows, picture.cols, 1}, DType::f64});
    auto* x = numbers.data<double>();
    const Index count = picture.rows * picture.cols;
    for (Index i = 0; i < count; ++i)
      x[i] = picture.pixels[static_cast<size_t>(i * picture.channels + channel)];
    Tape tape;
    const Var a = tape.variable(numbers);
    const Var b = tape.variable(filter.matrix.reshape(Shape{rows, cols, 1, 1}));
    const Array y = convolve(a, b, same).value().contiguous();
    for (Index i = 0; i < count; ++i) {
      const double value = std::clamp(std::round(y.data<double>()[i]), 0.0, 255.0);
      result.pixels[static_cast<size_t>(i * picture.channels + channel)] =
          static_cast<std::uint8_t>(value);
    }
  }
  return result;
}

std::string matrix_text(const Filter& filter) {
  std::vector<std::string> cells;
  size_t width = 0;
  for (const double value : filter.matrix.to_vector()) {
    std::string cell = text::fixed(value, 4);
    cell.erase(cell.find_last_not_of('0') + 1);
    if (cell.back() == '.') cell.pop_back();
    cells.push_back(cell == "-0" ? "0" : cell);
    width = std::max(width, cells.back().size());
  }
  const auto cols = static_cast<size_t>(filter.matrix.shape()[1]);
  std::string text;
  for (size_t i = 0; i < cells.size(); ++i) {
    text += i % cols == 0 ? "  " : " ";
    text += text::padded(cells[i], width);
    if (i % cols == cols - 1) text += "\n";
  }
  return text;
}

}  // namespace autonet::cli
