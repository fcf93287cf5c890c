// autonet explain: shows the program that a training step becomes.
#include <algorithm>
#include <sstream>

#include "autograd/leaves.h"
#include "autonet/text/concat.h"
#include "cli/called.h"
#include "cli/command.h"
#include "cli/json.h"
#include "cli/program_graph.h"
#include "cli/program_report.h"
#include "cli/shared_options.h"
#include "text/numbers.h"
#include "text/table.h"
#include "text/wrap.h"
#include "train/atomic_file.h"
#include "train/step.h"

namespace autonet::cli {
namespace {

struct Options {
  ModelChoice model;
  std::optional<Index> batch;
  bool evaluation = false;
  std::string dot;
  std::string svg;
  bool json = false;
};

std::string title_of(const Model& model, Index batch, const Options& options) {
  return text::concat(model.name(), ", ", options.evaluation ? "forward pass" : "training step",
                      " on a batch of ", batch, " in ", name_of(model.training().precision));
}

/// What a step computes, and which memory it overwrites: the lines below its row.
std::string detail_text(const StepReport& step) {
  std::string text = step.calls;
  if (!step.rule.empty()) text += ": " + step.rule;
  if (!step.reuses.empty()) text += "; overwrites " + text::joined(step.reuses, ", ");
  constexpr size_t kIndent = 6;
  const std::string indent(kIndent, ' ');
  return indent + text::wrapped(text, 80 - kIndent, indent) + "\n";
}

/// A name that is too long for its column is cut.
std::string cut(const std::string& name, size_t columns) {
  return name.size() <= columns ? name : name.substr(0, columns - 3) + "...";
}

/// A row of figures for each step; names of layers have at most so many columns.
std::string rows_text(const std::vector<StepReport>& steps, size_t layer_columns) {
  text::Table table({"", "layer", "output", "mult-adds", "bytes", "routine"});
  table.align_left({1, 2, 5});
  bool backward = false;
  for (const StepReport& step : steps) {
    if (step.backward != backward) table.add_rule();
    backward = step.backward;
    table.add({text::concat(step.number), cut(step.layer, layer_columns), step.shape,
               step.multiply_adds > 0 ? text::with_commas(step.multiply_adds) : "",
               text::bytes_text(step.bytes), step.routine});
  }
  return table.text();
}

/// The widest line, in columns.
size_t width_of(const std::string& text) {
  std::istringstream lines(text);
  size_t width = 0;
  for (std::string line; std::getline(lines, line);)
    width = std::max(width, text::display_width(line));
  return width;
}

/// Two or more lines for each step: its figures, and below them what it computes.
std::string steps_text(const std::vector<StepReport>& steps) {
  size_t layer_columns = 0;
  for (const StepReport& step : steps) layer_columns = std::max(layer_columns, step.layer.size());
  std::string rows = rows_text(steps, layer_columns);
  const size_t least = std::min<size_t>(layer_columns, 8);
  if (const size_t width = width_of(rows); width > 80)
    rows = rows_text(steps, std::max(least, layer_columns - std::min(layer_columns, width - 80)));
  std::istringstream lines(rows);
  std::string text;
  size_t next = 0;
  for (std::string line; std::getline(lines, line);) {
    text += line + "\n";
    const bool is_step = line.front() >= '0' && line.front() <= '9';
    if (is_step) text += detail_text(steps[next++]);
  }
  return text;
}

/// Which steps are run leaf by leaf; empty if none are.
std::string leaves_text(const Program& program, Index batch) {
  const std::span<const Step> steps = program.steps();
  std::string text;
  for (size_t i = 0; i < steps.size();) {
    const int group = steps[i].leaf_group;
    size_t end = i + 1;
    while (end < steps.size() && group >= 0 && steps[end].leaf_group == group) ++end;
    if (group >= 0) text += text::concat(text.empty() ? " " : ", ", i + 1, " to ", end);
    i = end;
  }
  if (text.empty()) return "";
  const internal::Leaves leaves(batch);
  return text::concat(" Steps", text, " are run leaf by leaf: all of them for ", leaves.largest(),
                      " of the ", batch, " examples or one fewer before the next, with ",
                      text::bytes_text(program.leaf_bytes()),
                      " of memory for values of one leaf and for sums.");
}

std::string table_text(const Program& program, Index batch, const std::vector<StepReport>& steps) {
  size_t calls = 0;
  for (const Step& step : program.steps()) calls += step.calls.size();
  const std::string summary = text::concat(
      calls, " calls in ", steps.size(), " steps, ", text::with_commas(program.multiply_adds()),
      " multiply-adds. The results of the steps take ", text::bytes_text(program.arena_bytes()),
      "; without sharing of memory they would take ", text::bytes_text(program.unshared_bytes()),
      ".");
  return text::concat(
      text::wrapped(summary + leaves_text(program, batch), 80, ""), "\n\n", steps_text(steps),
      "\nbytes: read and written by the step. overwrites: the last earlier steps whose\n"
      "memory it takes over. A line parts forward and backward steps.\n");
}

Json to_json(const Model& model, Index batch, const Options& options, const Program& program,
             const std::vector<StepReport>& steps) {
  auto list = Json::array();
  for (size_t i = 0; i < steps.size(); ++i) {
    const StepReport& step = steps[i];
    auto calls = Json::array();
    for (const StepCall& call : program.steps()[i].calls) {
      calls.push_back({{"op", call.op->name()},
                       {"attributes", call.op->attributes()},
                       {"layer", call.label},
                       {"rule", rule_text(call)},
                       {"shape", cli::to_json(call.type.shape)},
                       {"multiply_adds", call.multiply_adds}});
    }
    auto outputs = Json::array();
    for (size_t k = 0; k < step.offsets.size(); ++k) {
      outputs.push_back({{"shape", cli::to_json(program.steps()[i].outputs[k].shape())},
                         {"offset", step.offsets[k] ? Json(*step.offsets[k]) : Json(nullptr)},
                         {"bytes", step.bytes_held[k]}});
    }
    list.push_back({{"number", step.number},
                    {"leaf_group", step.leaf_group < 0 ? Json(nullptr) : Json(step.leaf_group)},
                    {"phase", step.backward ? "backward" : "forward"},
                    {"layer", step.layer},
                    {"rule", step.rule},
                    {"routine", step.routine},
                    {"calls", calls},
                    {"reads_steps", step.reads},
                    {"reads_leaves", step.leaves},
                    {"outputs", outputs},
                    {"multiply_adds", step.multiply_adds},
                    {"bytes", step.bytes}});
  }
  return {{"model", model.name()},
          {"batch", batch},
          {"mode", options.evaluation ? "evaluation" : "training"},
          {"multiply_adds", program.multiply_adds()},
          {"arena_bytes", program.arena_bytes()},
          {"leaf_bytes", program.leaf_bytes()},
          {"unshared_bytes", program.unshared_bytes()},
          {"steps", list}};
}

/// Writes to the file of that name, or for "-" to standard output.
void write(Console& console, const std::string& path, const std::string& text) {
  if (path == "-") return console.print(text);
  internal::write_atomically(path, text);
  console.note("Wrote " + path + "\n");
}

ExitStatus run(const Options& options, Console& console) {
  const Model model = load_model(options.model.name, options.model.settings);
  const TrainingSettings& settings = model.training();
  const Index batch = options.batch.value_or(settings.batch_size);
  const Weights weights = model.initial_weights(settings.precision, settings.seed);
  Context context;
  const internal::ModelProgram planned(
      model, context, batch, options.evaluation ? Model::Mode::evaluation : Model::Mode::training,
      weights, settings.seed);
  const Program& program = planned.program();
  const std::vector<StepReport> steps = report_of(program);
  const std::string title = title_of(model, batch, options);
  if (!options.dot.empty()) write(console, options.dot, dot_text(title, steps));
  if (!options.svg.empty()) write(console, options.svg, svg_text(title, steps));
  if (options.json) {
    console.print(indented(to_json(model, batch, options, program, steps)));
  } else if (options.dot.empty() && options.svg.empty()) {
    console.print(title + ":\n" + table_text(program, batch, steps));
  }
  return ExitStatus::good;
}

}  // namespace

void add_explain(CLI::App& program, Action& action) {
  auto [command, options] =
      add_command(program, action, "explain",
                  "Show the steps, rules and memory of a model's training step", run);
  add_model(command, options.model);
  add_batch(command, options.batch);
  command.add_flag("--evaluation", options.evaluation, "Show the forward pass only");
  auto* dot = add_file(command, "--dot", options.dot,
                       "Write a graph for Graphviz to this file (- for standard output)");
  auto* svg = add_file(command, "--svg", options.svg,
                       "Write a drawing in SVG to this file (- for standard output)");
  add_json(command, options.json)->excludes(dot)->excludes(svg);
  command.footer(
      "Lists the forward and the backward pass in the order in which they run. For each\n"
      "convolution it shows the rule and the padding that the rule gives it.\n\n"
      "Examples:\n"
      "  autonet explain models/convnet1.json\n"
      "  autonet explain models/convnet1.json --svg convnet1.svg");
}

}  // namespace autonet::cli
