#include "cli/program_report.h"

#include <algorithm>

#include "ops/recognize.h"

namespace autonet {
namespace {

/// "1" or "[1,2]".
std::string both(Index rows, Index cols) {
  if (rows == cols) return std::to_string(rows);
  return "[" + std::to_string(rows) + "," + std::to_string(cols) + "]";
}

std::string pair_text(const AxisWindow& axis) {
  return "[" + std::to_string(axis.lo) + "," + std::to_string(axis.hi) + "]";
}

void add_new(std::vector<int>& numbers, int number) {
  if (std::ranges::find(numbers, number) == numbers.end()) numbers.push_back(number);
}

/// The last earlier steps whose places overlap the outputs of `later`.
std::vector<int> taken_over(const std::vector<StepReport>& earlier, const StepReport& later) {
  std::vector<int> numbers;
  for (auto step = earlier.rbegin(); step != earlier.rend() && numbers.size() < 2; ++step) {
    for (size_t i = 0; i < later.offsets.size(); ++i) {
      for (size_t k = 0; k < step->offsets.size(); ++k) {
        const bool apart = later.offsets[i] + later.bytes_held[i] <= step->offsets[k] ||
                           step->offsets[k] + step->bytes_held[k] <= later.offsets[i];
        if (!apart) add_new(numbers, step->number);
      }
    }
  }
  std::ranges::sort(numbers);
  return numbers;
}

}  // namespace

std::string window_text(const Window& window) {
  const AxisWindow& r = window.rows;
  const AxisWindow& c = window.cols;
  const bool even = r.lo == r.hi && c.lo == c.hi;
  std::string text = even ? both(r.lo, c.lo) : "[" + pair_text(r) + "," + pair_text(c) + "]";
  const auto add = [&](const std::string& name, Index rows, Index cols) {
    if (rows != 1 || cols != 1) text += ", " + name + " " + both(rows, cols);
  };
  add("stride", r.stride, c.stride);
  add("kernel dilation", r.kernel_dilation, c.kernel_dilation);
  add("input dilation", r.input_dilation, c.input_dilation);
  if (window.groups != 1) text += ", groups " + std::to_string(window.groups);
  return text;
}

std::string rule_text(const StepCall& call) {
  if (const auto conv = internal::as_conv2d(*call.op)) {
    const std::string p = window_text(conv->window) + (conv->options.exact ? ", exact" : "");
    const std::string again = call.again ? " again" : "";
    if (call.rule_of.empty()) return "y = convolve(x, flip(w), " + p + ")" + again;
    if (call.rule_of == "conv2d") {
      return call.rule_of_input == 0 ? "xbar = convolve(ybar, w, " + p + ")"
                                     : "wbar = convolve(x, flip(ybar), " + p + ")";
    }
  }
  if (call.again) return "computed again";
  if (call.rule_of.empty()) return "";
  return "rule of " + call.rule_of + ", input " + std::to_string(call.rule_of_input);
}

std::vector<StepReport> report_of(const Program& program) {
  std::vector<StepReport> reports;
  for (const Step& step : program.steps()) {
    StepReport report;
    report.number = static_cast<int>(reports.size()) + 1;
    for (const StepCall& call : step.calls) {
      report.calls += (report.calls.empty() ? "" : " + ") + std::string(call.op->name());
      report.backward = report.backward || !call.rule_of.empty() || call.again;
      if (report.layer.empty()) report.layer = call.label;
      if (std::ranges::find(report.layers, call.label) == report.layers.end()) {
        report.layers.push_back(call.label);
      }
      // A convolution's rule says most of a joined step.
      if (report.rule.empty() || internal::as_conv2d(*call.op)) report.rule = rule_text(call);
    }
    const StepCall& first = step.calls[0];
    report.routine = internal::routine_of(*first.op, step.inputs, first.type);
    for (size_t i = 0; i < step.inputs.size(); ++i) {
      if (step.producers[i] >= 0) {
        add_new(report.reads, step.producers[i] + 1);
      } else if (!step.input_names[i].empty() &&
                 std::ranges::find(report.leaves, step.input_names[i]) == report.leaves.end()) {
        report.leaves.push_back(step.input_names[i]);
      }
    }
    report.shape =
        std::ranges::max_element(step.outputs, {}, [](const Array& y) { return y.size(); })
            ->shape()
            .str();
    report.multiply_adds = step.multiply_adds;
    report.bytes = step.bytes();
    report.offsets = step.offsets;
    for (const Array& y : step.outputs) report.bytes_held.push_back(y.type().bytes());
    report.reuses = taken_over(reports, report);
    reports.push_back(std::move(report));
  }
  return reports;
}

}  // namespace autonet
