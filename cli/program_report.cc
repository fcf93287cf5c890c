#include "cli/program_report.h"

#include <algorithm>

#include "autonet/text/concat.h"
#include "ops/recognize.h"

namespace autonet::cli {
namespace {

/// "1" or "[1,2]".
std::string both(Index rows, Index cols) {
  return rows == cols ? text::concat(rows) : text::concat("[", rows, ",", cols, "]");
}

template <typename T>
void add_new(std::vector<T>& list, const T& item) {
  if (std::ranges::find(list, item) == list.end()) list.push_back(item);
}

/// The numbers of the last two earlier steps whose memory the outputs of `later` overwrite.
std::vector<int> taken_over(const std::vector<StepReport>& earlier, const StepReport& later) {
  std::vector<int> numbers;
  for (auto step = earlier.rbegin(); step != earlier.rend() && numbers.size() < 2; ++step) {
    for (size_t i = 0; i < later.offsets.size(); ++i) {
      for (size_t k = 0; k < step->offsets.size(); ++k) {
        if (!later.offsets[i] || !step->offsets[k]) continue;
        const bool apart = *later.offsets[i] + later.bytes_held[i] <= *step->offsets[k] ||
                           *step->offsets[k] + step->bytes_held[k] <= *later.offsets[i];
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
  std::string text =
      even ? both(r.lo, c.lo) : text::concat("[[", r.lo, ",", r.hi, "],[", c.lo, ",", c.hi, "]]");
  const auto add = [&](const std::string& name, Index rows, Index cols) {
    if (rows != 1 || cols != 1) text += text::concat(", ", name, " ", both(rows, cols));
  };
  add("stride", r.stride, c.stride);
  add("kernel dilation", r.kernel_dilation, c.kernel_dilation);
  add("input dilation", r.input_dilation, c.input_dilation);
  if (window.groups != 1) text += text::concat(", groups ", window.groups);
  return text;
}

std::string rule_text(const StepCall& call) {
  if (const auto conv = internal::as_conv2d(*call.op)) {
    const char* rule = call.rule_of.empty()       ? "y = convolve(x, flip(w), "
                       : call.rule_of != "conv2d" ? nullptr
                       : call.rule_of_input == 0  ? "xbar = convolve(ybar, w, "
                                                  : "wbar = convolve(x, flip(ybar), ";
    const bool again = call.again && call.rule_of.empty();
    if (rule != nullptr) {
      return text::concat(rule, window_text(conv->window), conv->options.exact ? ", exact" : "",
                          ")", again ? " again" : "");
    }
  }
  if (call.again) return "computed again";
  if (call.rule_of.empty()) return "";
  return text::concat("rule of ", call.rule_of, ", input ", call.rule_of_input);
}

std::vector<StepReport> report_of(const Program& program) {
  std::vector<StepReport> reports;
  for (const Step& step : program.steps()) {
    StepReport report;
    report.number = static_cast<int>(reports.size()) + 1;
    for (const StepCall& call : step.calls) {
      report.calls += text::concat(report.calls.empty() ? "" : " + ", call.op->name());
      report.backward = report.backward || !call.rule_of.empty() || call.again;
      if (report.layer.empty()) report.layer = call.label;
      add_new(report.layers, call.label);
      // In a step of several calls the rule of the convolution says the most.
      if (report.rule.empty() || internal::as_conv2d(*call.op)) report.rule = rule_text(call);
    }
    const StepCall& first = step.calls[0];
    report.routine = internal::routine_of(*first.op, step.inputs, first.type);
    for (size_t i = 0; i < step.inputs.size(); ++i) {
      if (step.producers[i] >= 0) {
        add_new(report.reads, step.producers[i] + 1);
      } else if (!step.input_names[i].empty()) {
        add_new(report.leaves, step.input_names[i]);
      }
    }
    report.shape =
        std::ranges::max_element(step.outputs, {}, [](const Array& y) { return y.size(); })
            ->shape()
            .str();
    report.multiply_adds = step.multiply_adds;
    report.bytes = step.bytes();
    report.leaf_group = step.leaf_group;
    for (size_t i = 0; i < step.outputs.size(); ++i) {
      const bool own = (step.own_outputs >> i & 1U) != 0;
      report.offsets.push_back(own ? std::nullopt : std::optional(step.offsets[i]));
      report.bytes_held.push_back(step.outputs[i].type().bytes());
    }
    report.reuses = taken_over(reports, report);
    reports.push_back(std::move(report));
  }
  return reports;
}

}  // namespace autonet::cli
