#include "cli/program_graph.h"

#include <algorithm>
#include <map>
#include <set>

#include "autonet/text/concat.h"
#include "text/numbers.h"

namespace autonet::cli {
namespace {

using text::concat;

std::string replaced(const std::string& text, const std::map<char, std::string>& by) {
  std::string result;
  for (const char letter : text) {
    const auto found = by.find(letter);
    result += found == by.end() ? std::string(1, letter) : found->second;
  }
  return result;
}

std::string in_dot(const std::string& text) {
  return replaced(text, {{'"', "\\\""}, {'\\', "\\\\"}});
}

std::string in_xml(const std::string& text) {
  return replaced(text, {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}});
}

/// A step described in two or three short lines.
std::vector<std::string> lines_of(const StepReport& step) {
  std::vector<std::string> lines = {concat(step.number, "  ", step.calls)};
  if (!step.rule.empty()) lines.push_back(step.rule);
  std::string last = step.shape;
  if (step.multiply_adds > 0) {
    last += concat("  ", text::with_commas(step.multiply_adds), " mult-adds",
                   step.routine.empty() ? "" : ", ", step.routine);
  }
  if (!step.leaves.empty()) last += "  reads " + text::joined(step.leaves, ", ");
  lines.push_back(last);
  return lines;
}

const char* fill_of(bool backward) {
  return backward ? "#fbe9e1" : "#e4eef8";
}

const char* stroke_of(bool backward) {
  return backward ? "#a34a28" : "#2b5c8a";
}

constexpr int kBoxWidth = 400;
constexpr int kLine = 16;
constexpr int kGap = 26;    // between boxes, for the arrows
constexpr int kLeft = 170;  // of the forward column; left of it are layer names and long arrows
constexpr int kRight = kLeft + kBoxWidth + 130;  // of the backward column
constexpr int kWidth = kRight + kBoxWidth + 110;
constexpr int kTop = 70;
constexpr int kBandLeast = 40;

struct Box {
  int x = 0, y = 0, height = 0;
  int middle() const { return y + height / 2; }
  int bottom() const { return y + height; }
};

int height_of(const StepReport& step) {
  return 14 + kLine * static_cast<int>(lines_of(step).size());
}

/// A horizontal band of the drawing with the steps of one layer, by number from 0.
struct Band {
  std::string layer;
  std::vector<size_t> forward, backward;
};

std::vector<Band> bands_of(const std::vector<StepReport>& steps) {
  std::vector<Band> bands;
  const auto band_of = [&](const std::string& layer) {
    const auto found = std::ranges::find(bands, layer, &Band::layer);
    if (found != bands.end()) return static_cast<size_t>(found - bands.begin());
    bands.push_back({.layer = layer, .forward = {}, .backward = {}});
    return bands.size() - 1;
  };
  for (size_t i = 0; i < steps.size(); ++i) {
    // A layer whose forward calls joined the step of another layer still needs a band for its
    // gradients.
    for (const std::string& layer : steps[i].layers) band_of(layer);
    Band& band = bands[band_of(steps[i].layer)];
    (steps[i].backward ? band.backward : band.forward).push_back(i);
  }
  return bands;
}

class Drawing {
 public:
  Drawing(const std::string& title, const std::vector<StepReport>& steps)
      : title_(title), steps_(steps), bands_(bands_of(steps)), boxes_(steps.size()) {
    int y = kTop;
    for (const Band& band : bands_) {
      const int height = std::max(stack(band.forward), stack(band.backward));
      int down = y;
      for (const size_t i : band.forward) down = place(i, kLeft, down);
      // The backward column reads from the bottom to the top.
      int up = y + height - stack(band.backward);
      for (size_t i = band.backward.size(); i-- > 0;) up = place(band.backward[i], kRight, up);
      tops_.push_back(y);
      y += std::max(height, kBandLeast);
    }
    height_ = y + 20;
  }

  std::string text() const {
    std::string svg = concat(R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 )", kWidth,
                             " ", height_, R"(" width=")", kWidth, R"(" height=")", height_,
                             R"(" font-family="sans-serif" font-size="12">
<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" )"
                             R"(orient="auto"><path d="M0 0L8 4L0 8z" fill="#555"/></marker></defs>
<rect width="100%" height="100%" fill="#ffffff"/>
)");
    svg += words(20, 26, title_, R"(font-size="16" font-weight="bold")");
    for (const bool backward : {false, true}) {
      svg += words(backward ? kRight : kLeft, 54,
                   backward ? "backward, upwards" : "forward, downwards",
                   concat(R"(fill=")", stroke_of(backward), R"(" font-weight="bold")"));
    }
    for (size_t b = 0; b < bands_.size(); ++b) {
      const int y = tops_[b] - kGap / 2;
      svg += concat(R"(<line x1="10" x2=")", kWidth - 10, R"(" y1=")", y, R"(" y2=")", y,
                    R"(" stroke="#dddddd"/>)", "\n");
      svg += words(20, tops_[b] + 20, bands_[b].layer.empty() ? "(loss)" : bands_[b].layer,
                   R"(font-weight="bold" fill="#333333")");
    }
    for (size_t i = 0; i < steps_.size(); ++i) {
      for (const int from : steps_[i].reads) svg += arrow(static_cast<size_t>(from - 1), i);
    }
    for (size_t i = 0; i < steps_.size(); ++i) svg += box(i);
    return svg + "</svg>\n";
  }

 private:
  int stack(const std::vector<size_t>& steps) const {
    int height = 0;
    for (const size_t i : steps) height += height_of(steps_[i]) + kGap;
    return height;
  }
  int place(size_t i, int x, int y) {
    boxes_[i] = {x, y, height_of(steps_[i])};
    return y + boxes_[i].height + kGap;
  }

  static std::string words(int x, int y, const std::string& text, const std::string& style) {
    return concat(R"(<text x=")", x, R"(" y=")", y, R"(" )", style, ">", in_xml(text), "</text>\n");
  }

  std::string box(size_t i) const {
    const Box& b = boxes_[i];
    const StepReport& step = steps_[i];
    std::string svg =
        concat(R"(<rect x=")", b.x, R"(" y=")", b.y, R"(" width=")", kBoxWidth, R"(" height=")",
               b.height, R"(" rx="7" fill=")", fill_of(step.backward), R"(" stroke=")",
               stroke_of(step.backward), R"("/>)", "\n");
    int y = b.y + 19;
    const std::vector<std::string> lines = lines_of(step);
    for (const std::string& line : lines) {
      constexpr size_t kMost = 62;
      const bool first = &line == lines.data();
      svg += words(b.x + 10, y, line.size() > kMost ? line.substr(0, kMost - 3) + "..." : line,
                   first               ? R"(font-weight="bold" fill="#111111")"
                   : line == step.rule ? R"(font-family="monospace" fill="#111111")"
                                       : R"(fill="#444444")");
      y += kLine;
    }
    return svg;
  }

  /// Straight between neighbours, curved around the column for longer distances, and dashed across
  /// the middle where the backward pass reads a result of the forward pass.
  std::string arrow(size_t from, size_t to) const {
    const Box& a = boxes_[from];
    const Box& b = boxes_[to];
    const auto curve = [&](int x1, int bend1, int bend2, int x2) {
      return concat("M", x1, " ", a.middle(), "C", bend1, " ", a.middle(), " ", bend2, " ",
                    b.middle(), " ", x2, " ", b.middle());
    };
    std::string path;
    const bool across = a.x != b.x;
    const int y1 = a.y < b.y ? a.bottom() : a.y;
    const int y2 = a.y < b.y ? b.y : b.bottom();
    if (across) {
      const bool rightwards = a.x < b.x;
      const int x1 = rightwards ? a.x + kBoxWidth : a.x;
      const int x2 = rightwards ? b.x : b.x + kBoxWidth;
      const int bend = rightwards ? 50 : -50;
      path = curve(x1, x1 + bend, x2 - bend, x2);
    } else if (std::abs(y2 - y1) <= 2 * kGap) {
      const int x = a.x + kBoxWidth / 2;
      path = concat("M", x, " ", y1, "L", x, " ", y2);
    } else {
      const bool left = a.x == kLeft;
      const int side = left ? a.x : a.x + kBoxWidth;
      const int out = std::min(90, 25 + std::abs(b.middle() - a.middle()) / 8);
      const int bend = left ? side - out : side + out;
      path = curve(side, bend, bend, side);
    }
    return concat(R"(<path d=")", path, R"(" fill="none" )",
                  across ? R"(stroke="#999999" stroke-dasharray="5 4")" : R"(stroke="#555555")",
                  " marker-end=\"url(#head)\"/>\n");
  }

  const std::string& title_;
  const std::vector<StepReport>& steps_;
  std::vector<Band> bands_;
  std::vector<Box> boxes_;
  std::vector<int> tops_;
  int height_ = 0;
};

}  // namespace

std::string dot_text(const std::string& title, const std::vector<StepReport>& steps) {
  std::string dot = concat(R"(digraph program {
  label=")",
                           in_dot(title), R"(";
  labelloc=t;
  node [fontname=sans, fontsize=11];
  edge [fontname=sans, fontsize=9];
)");
  std::set<std::string> leaves;
  for (const StepReport& step : steps) {
    std::string text = step.layer.empty() ? "" : in_dot(step.layer) + "\\n";
    for (const std::string& line : lines_of(step)) text += in_dot(line) + "\\n";
    dot += concat("  step", step.number, R"( [shape=box, style="rounded,filled", fillcolor=")",
                  fill_of(step.backward), R"(", label=")", text, R"("];)", "\n");
    for (const std::string& name : step.leaves) {
      if (leaves.insert(name).second) dot += concat("  \"", in_dot(name), "\" [shape=box];\n");
      dot += concat("  \"", in_dot(name), "\" -> step", step.number, ";\n");
    }
    for (const int from : step.reads) {
      dot += concat("  step", from, " -> step", step.number, " [label=\"",
                    in_dot(steps[static_cast<size_t>(from - 1)].shape), "\"];\n");
    }
  }
  return dot + "}\n";
}

std::string svg_text(const std::string& title, const std::vector<StepReport>& steps) {
  return Drawing(title, steps).text();
}

}  // namespace autonet::cli
