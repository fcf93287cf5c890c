#include "cli/explain_1d.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "autonet/autograd/error.h"
#include "autonet/autograd/tape.h"
#include "autonet/ops/conv2d.h"
#include "autonet/text/concat.h"
#include "text/numbers.h"
#include "text/table.h"

namespace autonet::cli {
namespace {

using Numbers = std::vector<double>;
using text::concat;

constexpr size_t kMost = 64;      // numbers of x, w and d
constexpr double kLargest = 1e6;  // of their size
constexpr size_t kColumns = 80;   // of a line

/// Throws unless the list has a length and numbers that can be followed by hand.
void check(const char* option, const Numbers& numbers) {
  if (numbers.empty() || numbers.size() > kMost) {
    throw ModelError(
        concat("convolve: ", option, " must have 1 to ", kMost, " numbers, got ", numbers.size()));
  }
  for (const double number : numbers) {
    if (std::abs(number) <= kLargest) continue;  // NaN is not
    throw ModelError(concat("convolve: the numbers of ", option,
                            " must be from -1000000 to "
                            "1000000, got ",
                            number));
  }
}

Numbers flipped(Numbers numbers) {
  std::ranges::reverse(numbers);
  return numbers;
}

/// With so many zeros at each end; a negative margin removes numbers.
Numbers padded(const Numbers& numbers, Index margin) {
  const auto cut = std::max<Index>(0, -margin);
  Numbers result(static_cast<size_t>(std::max<Index>(0, margin)), 0.0);
  result.insert(result.end(), numbers.begin() + cut, numbers.end() - cut);
  result.resize(result.size() + static_cast<size_t>(std::max<Index>(0, margin)), 0.0);
  return result;
}

/// "with p = 1 zero at each end", or what a negative margin means.
std::string margin_text(const char* name, Index margin) {
  if (margin < 0) {
    return concat("with ", name, " = ", margin, ": ", text::counted(-margin, "number"),
                  " less at each end");
  }
  return concat("with ", name, " = ", text::counted(margin, "zero"), " at each end");
}

Slide slide(std::string name, std::string formula, std::string reason, const Numbers& a,
            const Numbers& b, Index margin) {
  Tape tape;
  Window window;
  window.rows.lo = window.rows.hi = margin;
  const auto array = [](const Numbers& numbers, bool image) {
    const Index n = std::ssize(numbers);
    return Array::from<double>(image ? Shape{1, n, 1, 1} : Shape{n, 1, 1, 1}, numbers);
  };
  const Var y = convolve(tape.constant(array(a, true)), tape.constant(array(b, false)), window);
  return {.name = std::move(name),
          .formula = std::move(formula),
          .reason = std::move(reason),
          .signal = padded(a, margin),
          .kernel = flipped(b),
          .results = y.value().to_vector()};
}

std::string number_text(double number) {
  return text::significant(number == 0.0 ? 0.0 : number, 10);
}

std::string factor_text(double number) {
  return number < 0.0 ? "(" + number_text(number) + ")" : number_text(number);
}

/// `first` and then the words, in lines whose second and later ones begin below the first word.
std::string line_of(const std::string& first, const std::vector<std::string>& words) {
  const std::string indent(text::display_width(first), ' ');
  std::string text;
  std::string line = first;
  for (const std::string& word : words) {
    const bool fits = text::display_width(line) + 1 + text::display_width(word) <= kColumns;
    if (!fits) text += std::exchange(line, indent) + "\n";
    line += " " + word;
  }
  return text + line + "\n";
}

std::string line_of(const std::string& first, const Numbers& numbers) {
  std::vector<std::string> words;
  for (const double number : numbers) words.push_back(number_text(number));
  return line_of(first, words);
}

std::string text_of(const Slide& slide) {
  std::string text = slide.formula + "\n  " + slide.reason + "\n";
  text += line_of("  signal:", slide.signal) + line_of("  kernel:", slide.kernel);
  for (size_t i = 0; i < slide.results.size(); ++i) {
    std::vector<std::string> words;
    for (size_t j = 0; j < slide.kernel.size(); ++j) {
      words.push_back(concat(j > 0 ? "+ " : "", factor_text(slide.signal[i + j]), "*",
                             factor_text(slide.kernel[j])));
    }
    words.push_back("= " + number_text(slide.results[i]));
    text += line_of(concat("  ", slide.name, "[", i, "] ="), words);
  }
  return text;
}

}  // namespace

Explained1d explain_1d(const Explain1dOptions& options) {
  check("--x", options.x);
  check("--w", options.w);
  Explained1d example{
      .x = options.x, .w = options.w, .d = options.d, .padding = options.padding, .slides = {}};
  const Index n = std::ssize(example.x);
  const Index k = std::ssize(example.w);
  const Index p = example.padding;
  const Index m = n + 2 * p - k + 1;
  if (m < 1) {
    throw ModelError(concat("convolve: --w has ", text::counted(k, "number"), ", but --x with ",
                            text::counted(p, "zero"), " at each end has only ", n + 2 * p,
                            "; shorten w, lengthen x or raise --padding"));
  }
  if (options.d.empty()) {
    example.d.resize(static_cast<size_t>(m));
    std::iota(example.d.begin(), example.d.end(), 1.0);
  } else {
    check("--d", options.d);
  }
  if (std::ssize(example.d) != m) {
    throw ModelError(concat("convolve: --d must have ", text::counted(m, "number"),
                            ", as many as y (n + 2p - k + 1 = ", n, " + ", 2 * p, " - ", k,
                            " + 1), got ", example.d.size()));
  }
  const Numbers& x = example.x;
  const Numbers& w = example.w;
  const Numbers& d = example.d;
  example.slides = {slide("y", "y = convolve(x, flip(w), p)",
                          "The two flips cancel: w slides over x, " + margin_text("p", p) + ".", x,
                          flipped(w), p),
                    slide("xbar", "xbar = convolve(ybar, w, k - p - 1)",
                          "flip(w) slides over ybar, " + margin_text("k - p - 1", k - p - 1) + ".",
                          d, w, k - p - 1),
                    slide("wbar", "wbar = convolve(x, flip(ybar), p)",
                          "The two flips cancel: ybar slides over x, " + margin_text("p", p) + ".",
                          x, flipped(d), p)};
  return example;
}

std::string to_text(const Explained1d& example) {
  const Index n = std::ssize(example.x);
  const Index k = std::ssize(example.w);
  std::string text = "A convolution layer in one dimension, stride 1, and its two derivatives\n" +
                     line_of("  x =", example.x) + line_of("  w =", example.w) +
                     line_of("  d = ybar =", example.d) +
                     concat("  padding p = ", example.padding, "; lengths of x, w, y: n = ", n,
                            ", k = ", k, ", m = n + 2p - k + 1 = ", example.d.size(), "\n");
  for (const Slide& slide : example.slides) text += "\n" + text_of(slide);
  return text;
}

Json to_json(const Explained1d& example) {
  Json json = {{"x", example.x}, {"w", example.w}, {"d", example.d}, {"padding", example.padding}};
  for (const Slide& slide : example.slides) {
    auto products = Json::array();
    for (size_t i = 0; i < slide.results.size(); ++i) {
      products.push_back(Json::array());
      for (size_t j = 0; j < slide.kernel.size(); ++j)
        products.back().push_back(slide.signal[i + j] * slide.kernel[j]);
    }
    json[slide.name] = {{"formula", slide.formula},
                        {"signal", slide.signal},
                        {"kernel", slide.kernel},
                        {"products", products},
                        {"result", slide.results}};
  }
  return json;
}

}  // namespace autonet::cli
