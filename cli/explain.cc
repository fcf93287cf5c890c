// autonet explain: the program that a training step becomes.
#include <nlohmann/json.hpp>

#include <memory>
#include <optional>
#include <string>

#include "cli/command.h"
#include "cli/program_graph.h"
#include "cli/program_report.h"
#include "cli/shared_options.h"
#include "text/numbers.h"
#include "text/table.h"
#include "train/atomic_file.h"
#include "train/step.h"

namespace autonet {
namespace {

struct Options {
  std::string model;
  std::optional<Index> batch;
  bool evaluation = false;
  std::string dot;
  std::string svg;
  bool json = false;
};

std::string numbers_text(const std::vector<int>& numbers) {
  std::string text;
  for (const int number : numbers) text += (text.empty() ? "" : ",") + std::to_string(number);
  return text;
}

std::string title_of(const Model& model, Index batch, const Options& options) {
  return model.name() + ", " + (options.evaluation ? "forward" : "a training step") +
         " on a batch of " + std::to_string(batch) + " in " + name_of(model.training().precision);
}

std::string table_text(const Program& program, const std::vector<StepReport>& steps) {
  text::Table table(
      {"", "layer", "calls", "rule", "routine", "output", "mult-adds", "bytes", "reuses"});
  table.align_left({1, 2, 3, 4, 5, 8});
  bool backward = false;
  for (const StepReport& step : steps) {
    if (step.backward && !backward) table.add_rule();
    backward = step.backward;
    table.add(
        {std::to_string(step.number), step.layer, step.calls, step.rule, step.routine, step.shape,
         step.multiply_adds > 0 ? text::with_commas(static_cast<std::int64_t>(step.multiply_adds))
                                : "",
         text::bytes_text(step.bytes), numbers_text(step.reuses)});
  }
  size_t calls = 0;
  for (const Step& step : program.steps()) calls += step.calls.size();
  return std::to_string(calls) + " calls in " + std::to_string(steps.size()) + " steps, " +
         text::with_commas(static_cast<std::int64_t>(program.multiply_adds())) +
         " multiply-adds; what they compute takes " +
         text::bytes_text(static_cast<double>(program.arena_bytes())) + ",\nnot " +
         text::bytes_text(static_cast<double>(program.unshared_bytes())) +
         ", as places are used again.\n\n" + table.text() +
         "\nBytes are read and written; \"reuses\" names the steps whose places an output takes "
         "over.\n";
}

nlohmann::ordered_json to_json(const Model& model, Index batch, const Options& options,
                               const Program& program, const std::vector<StepReport>& steps) {
  auto list = nlohmann::ordered_json::array();
  for (size_t i = 0; i < steps.size(); ++i) {
    const StepReport& step = steps[i];
    auto calls = nlohmann::ordered_json::array();
    for (const StepCall& call : program.steps()[i].calls) {
      const auto lengths = call.type.shape.lengths();
      calls.push_back({{"op", call.op->name()},
                       {"attributes", call.op->attributes()},
                       {"layer", call.label},
                       {"rule", rule_text(call)},
                       {"shape", std::vector<Index>(lengths.begin(), lengths.end())},
                       {"multiply_adds", call.multiply_adds}});
    }
    auto outputs = nlohmann::ordered_json::array();
    for (size_t k = 0; k < step.offsets.size(); ++k) {
      const auto lengths = program.steps()[i].outputs[k].shape().lengths();
      outputs.push_back({{"shape", std::vector<Index>(lengths.begin(), lengths.end())},
                         {"offset", step.offsets[k]},
                         {"bytes", step.bytes_held[k]}});
    }
    list.push_back({{"number", step.number},
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
          {"unshared_bytes", program.unshared_bytes()},
          {"steps", list}};
}

/// To the file of that name, or to standard output for "-".
void write(Console& console, const std::string& path, const std::string& text) {
  if (path == "-") return console.print(text);
  internal::write_atomically(path, text);
  console.note("Wrote " + path + "\n");
}

Exit run(const Options& options, Console& console) {
  const Model model = Model::load(options.model);
  const TrainingSettings& settings = model.training();
  const Index batch = options.batch.value_or(settings.batch_size);
  const std::vector<Array> weights = model.initial_parameters(settings.precision, settings.seed);
  const std::vector<Array> states = model.initial_states(settings.precision);
  Context context;
  const internal::ModelProgram planned(
      model, context, batch, options.evaluation ? Model::Mode::evaluation : Model::Mode::training,
      weights, states, settings.seed);
  const Program& program = planned.program();
  const std::vector<StepReport> steps = report_of(program);
  const std::string title = title_of(model, batch, options);
  if (!options.dot.empty()) write(console, options.dot, dot_text(title, steps));
  if (!options.svg.empty()) write(console, options.svg, svg_text(title, steps));
  if (options.json) {
    console.print(to_json(model, batch, options, program, steps).dump(2) + "\n");
  } else if (options.dot.empty() && options.svg.empty()) {
    console.print(title + ":\n" + table_text(program, steps));
  }
  return Exit::good;
}

}  // namespace

void add_explain(CLI::App& program, Action& action) {
  CLI::App* command = program.add_subcommand(
      "explain", "Show the program that a training step becomes: calls, rules, work, memory");
  auto options = std::make_shared<Options>();
  add_model(*command, options->model);
  command
      ->add_option("--batch", options->batch, "Images in a batch (default: the model's batch_size)")
      ->check(whole_number(1, 1048576))
      ->type_name("N");
  command->add_flag("--evaluation", options->evaluation, "The forward pass alone");
  auto* dot =
      command->add_option("--dot", options->dot, "Draw it for Graphviz; - is standard output")
          ->type_name("FILE");
  auto* svg =
      command->add_option("--svg", options->svg, "Draw it as a picture; - is standard output")
          ->type_name("FILE");
  CLI::Option* json = add_json(*command, options->json);
  json->excludes(dot)->excludes(svg);
  command->footer(
      "Forward and backward, in the order in which it runs; each convolution with its rule and "
      "the\n"
      "padding that the rule gives it.\n\n"
      "Examples:\n"
      "  autonet explain models/convnet1.json\n"
      "  autonet explain models/convnet1.json --svg convnet1.svg");
  command->final_callback([options, &action] {
    action = [options](Console& console) { return run(*options, console); };
  });
}

}  // namespace autonet
