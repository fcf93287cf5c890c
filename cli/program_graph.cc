#include "cli/program_graph.h"
#include "text/numbers.h"

#include <algorithm>
#include <map>

namespace autonet {
namespace {

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

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

/// What a step is in two or three short lines.
std::vector<std::string> lines_of(const StepReport& step) {
  std::vector<std::string> lines = {std::to_string(step.number) + "  " + step.calls};
  if (!step.rule.empty()) lines.push_back(step.rule);
  std::string last = step.shape;
  if (step.multiply_adds > 0) {
    last += "  " + text::with_commas(static_cast<std::int64_t>(step.multiply_adds)) + " mult-adds";
    if (!step.routine.empty()) last += ", " + step.routine;
  }
  if (!step.leaves.empty()) last += "  reads " + joined(step.leaves);
  lines.push_back(last);
  return lines;
}

constexpr int kBoxWidth = 400;
constexpr int kLine = 16;
constexpr int kGap = 26;      // between boxes, for arrows
constexpr int kMiddle = 130;  // between the columns
constexpr int kLeft = 170;    // of the forward column: layer names, and long arrows
constexpr int kTop = 70;
constexpr int kBandLeast = 40;

struct Box {
  int x = 0, y = 0, height = 0;
  int middle() const { return y + height / 2; }
};

int height_of(const StepReport& step) {
  return 14 + kLine * static_cast<int>(lines_of(step).size());
}

/// A band of the picture: a layer's steps, forward ones in order, backward ones from the bottom up.
struct Band {
  std::string layer;
  std::vector<size_t> forward, backward;
};

std::vector<Band> bands_of(const std::vector<StepReport>& steps) {
  std::vector<Band> bands;
  const auto band_of = [&](const std::string& layer) {
    const auto found = std::ranges::find(bands, layer, &Band::layer);
    if (found != bands.end()) return static_cast<size_t>(found - bands.begin());
    bands.push_back({layer, {}, {}});
    return bands.size() - 1;
  };
  for (size_t i = 0; i < steps.size(); ++i) {
    // Layers that a joined step takes in have their place too, if only for their gradients.
    for (const std::string& layer : steps[i].layers) band_of(layer);
    Band& band = bands[band_of(steps[i].layer)];
    (steps[i].backward ? band.backward : band.forward).push_back(i);
  }
  return bands;
}

class Picture {
 public:
  Picture(const std::string& title, const std::vector<StepReport>& steps)
      : title_(title), steps_(steps), bands_(bands_of(steps)), boxes_(steps.size()) {
    int y = kTop;
    for (const Band& band : bands_) {
      const int height = std::max(stack(band.forward), stack(band.backward));
      int down = y;
      for (const size_t i : band.forward) down = place(i, kLeft, down);
      // Upwards, so that the column reads from the bottom to the top.
      int up = y + height - stack(band.backward);
      for (auto i = band.backward.rbegin(); i != band.backward.rend(); ++i) {
        up = place(*i, kLeft + kBoxWidth + kMiddle, up);
      }
      tops_.push_back(y);
      y += std::max(height, kBandLeast);
    }
    height_ = y + 20;
  }

  std::string text() const {
    const int width = kLeft + 2 * kBoxWidth + kMiddle + 110;
    std::string svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " +
                      std::to_string(width) + " " + std::to_string(height_) + "\" width=\"" +
                      std::to_string(width) + "\" height=\"" + std::to_string(height_) +
                      "\" font-family=\"sans-serif\" font-size=\"12\">\n" +
                      "<defs><marker id=\"head\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" "
                      "markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0L8 4L0 "
                      "8z\" fill=\"#555\"/></marker></defs>\n" +
                      "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n";
    svg += words(20, 26, title_, "font-size=\"16\" font-weight=\"bold\"");
    svg += words(kLeft, 54, "forward, downwards", "fill=\"#2b5c8a\" font-weight=\"bold\"");
    svg += words(kLeft + kBoxWidth + kMiddle, 54, "backward, upwards",
                 "fill=\"#a34a28\" font-weight=\"bold\"");
    for (size_t b = 0; b < bands_.size(); ++b) {
      const int y = tops_[b] - kGap / 2;
      svg += "<line x1=\"10\" x2=\"" + std::to_string(width - 10) + "\" y1=\"" + std::to_string(y) +
             "\" y2=\"" + std::to_string(y) + "\" stroke=\"#dddddd\"/>\n";
      svg += words(20, tops_[b] + 20, bands_[b].layer.empty() ? "(loss)" : bands_[b].layer,
                   "font-weight=\"bold\" fill=\"#333333\"");
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
    return "<text x=\"" + std::to_string(x) + "\" y=\"" + std::to_string(y) + "\" " + style + ">" +
           in_xml(text) + "</text>\n";
  }

  std::string box(size_t i) const {
    const Box& b = boxes_[i];
    const bool backward = steps_[i].backward;
    std::string svg = "<rect x=\"" + std::to_string(b.x) + "\" y=\"" + std::to_string(b.y) +
                      "\" width=\"" + std::to_string(kBoxWidth) + "\" height=\"" +
                      std::to_string(b.height) + "\" rx=\"7\" fill=\"" +
                      (backward ? "#fbe9e1\" stroke=\"#a34a28\"" : "#e4eef8\" stroke=\"#2b5c8a\"") +
                      "/>\n";
    int y = b.y + 19;
    bool first = true;
    for (const std::string& line : lines_of(steps_[i])) {
      constexpr size_t kMost = 62;
      const std::string shown = line.size() > kMost ? line.substr(0, kMost - 3) + "..." : line;
      const bool is_rule = !first && line == steps_[i].rule;
      svg += words(b.x + 10, y, shown,
                   first     ? "font-weight=\"bold\" fill=\"#111111\""
                   : is_rule ? "font-family=\"monospace\" fill=\"#111111\""
                             : "fill=\"#444444\"");
      first = false;
      y += kLine;
    }
    return svg;
  }

  /// Straight between neighbours; around the outside for longer ways; dashed across the middle for
  /// what the backward pass reads of the forward one.
  std::string arrow(size_t from, size_t to) const {
    const Box& a = boxes_[from];
    const Box& b = boxes_[to];
    const auto number = [](int n) { return std::to_string(n); };
    std::string path;
    std::string style = "stroke=\"#555555\"";
    if (a.x != b.x) {
      const bool rightwards = a.x < b.x;
      const int x1 = rightwards ? a.x + kBoxWidth : a.x;
      const int x2 = rightwards ? b.x : b.x + kBoxWidth;
      const int bend = rightwards ? 50 : -50;
      path = "M" + number(x1) + " " + number(a.middle()) + "C" + number(x1 + bend) + " " +
             number(a.middle()) + " " + number(x2 - bend) + " " + number(b.middle()) + " " +
             number(x2) + " " + number(b.middle());
      style = "stroke=\"#999999\" stroke-dasharray=\"5 4\"";
    } else {
      const bool down = a.y < b.y;
      const int y1 = down ? a.y + a.height : a.y;
      const int y2 = down ? b.y : b.y + b.height;
      const int x = a.x + kBoxWidth / 2;
      if (std::abs(y2 - y1) <= 2 * kGap) {
        path = "M" + number(x) + " " + number(y1) + "L" + number(x) + " " + number(y2);
      } else {
        const bool left = a.x == kLeft;
        const int side = left ? a.x : a.x + kBoxWidth;
        const int out = std::min(90, 25 + std::abs(b.middle() - a.middle()) / 8);
        const int bend = left ? side - out : side + out;
        path = "M" + number(side) + " " + number(a.middle()) + "C" + number(bend) + " " +
               number(a.middle()) + " " + number(bend) + " " + number(b.middle()) + " " +
               number(side) + " " + number(b.middle());
      }
    }
    return "<path d=\"" + path + "\" fill=\"none\" " + style + " marker-end=\"url(#head)\"/>\n";
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
  std::string dot = "digraph program {\n  label=\"" + in_dot(title) +
                    "\";\n  labelloc=t;\n  node [fontname=sans, fontsize=11];\n"
                    "  edge [fontname=sans, fontsize=9];\n";
  std::map<std::string, bool> leaves;
  for (const StepReport& step : steps) {
    std::string text;
    for (const std::string& line : lines_of(step)) text += in_dot(line) + "\\n";
    dot += "  step" + std::to_string(step.number) + " [shape=box, style=\"rounded,filled\", " +
           "fillcolor=\"" + (step.backward ? "#fbe9e1" : "#e4eef8") + "\", label=\"" +
           (step.layer.empty() ? "" : in_dot(step.layer) + "\\n") + text + "\"];\n";
    for (const std::string& name : step.leaves) {
      if (leaves.emplace(name, true).second) dot += "  \"" + in_dot(name) + "\" [shape=box];\n";
      dot += "  \"" + in_dot(name) + "\" -> step" + std::to_string(step.number) + ";\n";
    }
    for (const int from : step.reads) {
      dot += "  step" + std::to_string(from) + " -> step" + std::to_string(step.number) +
             " [label=\"" + in_dot(steps[static_cast<size_t>(from - 1)].shape) + "\"];\n";
    }
  }
  return dot + "}\n";
}

std::string svg_text(const std::string& title, const std::vector<StepReport>& steps) {
  return Picture(title, steps).text();
}

}  // namespace autonet
