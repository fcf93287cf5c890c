// autonet check-grad: shows that the gradients of a model are right.
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "autograd/check_grad.h"
#include "autograd/error.h"
#include "autograd/random.h"
#include "cli/command.h"
#include "cli/planted_error.h"
#include "cli/shared_options.h"
#include "cli/text_table.h"
#include "cli/trained_model.h"

namespace autonet {
namespace {

struct Options {
  std::string model;
  std::string checkpoint;
  std::uint64_t seed = 1;
  Index batch = 3;
  std::optional<Index> max_elements;
  std::optional<int> threads;
  bool plant_error = false;
  bool json = false;
};

/// Numbers to check at: pictures of noise, labels at random.
struct Point {
  Array images;  // [batch, rows, columns, channels]
  Array labels;  // [batch]
};

Point random_point(const Model& model, const Options& options) {
  const Shape& image = model.image_shape();
  Point point{
      Array::uninitialized({Shape{options.batch, image[0], image[1], image[2]}, DType::f64}),
      Array::uninitialized({Shape{options.batch}, DType::f64})};
  Random images(options.seed, stream_of("check_grad/images"));
  for (Index i = 0; i < point.images.size(); ++i)
    point.images.data<double>()[i] = images.uniform(-1.0, 1.0);
  Random labels(options.seed, stream_of("check_grad/labels"));
  for (Index i = 0; i < options.batch; ++i) {
    point.labels.data<double>()[i] =
        std::floor(labels.uniform(0.0, static_cast<double>(model.classes())));
  }
  return point;
}

/// Elements checked one by one in each tensor: as many as a fixed amount of work allows, so that
/// large models take a minute rather than days. Directions always cover all elements.
Index affordable_elements(const Model& model, Index batch) {
  double multiply_adds = 1e4;
  for (const LayerInfo& layer : model.layers()) multiply_adds += layer.multiply_adds;
  constexpr double kWork = 4e10;
  const double tensors = static_cast<double>(model.parameters().size()) + 1;
  const double evaluations = kWork / (multiply_adds * static_cast<double>(batch));
  return static_cast<Index>(std::clamp(evaluations / (4 * tensors), 6.0, 500.0));
}

CheckReport check(const Model& model, const Options& options) {
  const Point point = random_point(model, options);
  std::vector<Array> points = {point.images};
  std::vector<std::string> names = {"input"};
  std::vector<Array> states = model.initial_states(DType::f64);
  if (options.checkpoint.empty()) {
    for (Array& array : model.initial_parameters(DType::f64, options.seed))
      points.push_back(std::move(array));
  } else {
    const LoadedWeights weights = weights_of(model, options.checkpoint);
    for (const Array& array : weights.parameters) points.push_back(array.to(DType::f64));
    for (size_t i = 0; i < states.size(); ++i) states[i] = weights.states[i].to(DType::f64);
  }
  for (const Parameter& parameter : model.parameters()) names.push_back(parameter.name);

  const auto loss = [&](Tape& tape, std::span<const Var> xs) {
    std::vector<Var> parameters(xs.begin() + 1, xs.end());
    if (options.plant_error && !parameters.empty()) parameters[0] = plant_error(parameters[0]);
    std::vector<Var> state_vars;
    for (const Array& state : states) state_vars.push_back(tape.constant(state));
    const Var step = tape.constant(Array::scalar(1.0, DType::f64));  // holds dropout's masks still
    const Recorded recorded =
        model.record(xs[0], parameters, state_vars, Model::Mode::training, step);
    return model.loss(recorded.output, tape.constant(point.labels));
  };
  CheckGradOptions check_options;
  Context context(options.threads.value_or(hardware_threads()));
  check_options.context = &context;
  check_options.seed = options.seed;
  check_options.max_elements =
      options.max_elements.value_or(affordable_elements(model, options.batch));
  return check_grad(loss, points, names, check_options);
}

std::string coloured_verdict(Verdict verdict, bool on) {
  return coloured(name_of(verdict),
                  verdict == Verdict::passed   ? "1;32"
                  : verdict == Verdict::failed ? "1;31"
                                               : "1;33",
                  on);
}

std::string error_text(double error) {
  if (error == 0) return "0";
  std::ostringstream text;
  text << std::scientific << std::setprecision(1) << error;
  return text.str();
}

std::string report_text(const Model& model, const CheckReport& report, const Options& options,
                        bool colour) {
  TextTable table({"tensor", "shape", "checked", "elements", "worst error", "relative", "direction",
                   "kinks", "verdict"});
  table.align_left({1, 8});
  std::string failures;
  for (const TensorCheck& tensor : report.tensors) {
    table.add({tensor.name, tensor.shape.str(), with_commas(tensor.checked),
               with_commas(tensor.total), error_text(tensor.worst_absolute),
               error_text(tensor.worst_relative), error_text(tensor.direction_error),
               with_commas(tensor.kinks), name_of(tensor.verdict)});
    if (tensor.verdict != Verdict::passed && !tensor.diagnosis.empty())
      failures += "\n" + tensor.name + ": " + tensor.diagnosis + "\n";
  }
  return model.name() +
         ": gradients of the loss by the rules against differences of the loss, "
         "f64,\nbatch " +
         std::to_string(options.batch) + ", seed " + std::to_string(options.seed) + "\n\n" +
         table.text() + failures + "\n" + coloured_verdict(report.verdict, colour) + "\n";
}

/// A number for JSON, which has no infinity: null then.
nlohmann::ordered_json number(double value) {
  return std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json(nullptr);
}

std::string json_text(const Model& model, const CheckReport& report, const Options& options) {
  auto tensors = nlohmann::ordered_json::array();
  for (const TensorCheck& tensor : report.tensors) {
    const auto lengths = tensor.shape.lengths();
    tensors.push_back({{"name", tensor.name},
                       {"shape", std::vector<Index>(lengths.begin(), lengths.end())},
                       {"checked", tensor.checked},
                       {"elements", tensor.total},
                       {"worst_absolute", number(tensor.worst_absolute)},
                       {"worst_relative", number(tensor.worst_relative)},
                       {"direction_error", number(tensor.direction_error)},
                       {"worst_position", tensor.worst_position},
                       {"analytic", number(tensor.analytic)},
                       {"numeric", number(tensor.numeric)},
                       {"kinks", tensor.kinks},
                       {"zeros", tensor.zeros},
                       {"verdict", name_of(tensor.verdict)},
                       {"diagnosis", tensor.diagnosis}});
  }
  const nlohmann::ordered_json json = {{"model", model.name()},
                                       {"verdict", name_of(report.verdict)},
                                       {"seed", options.seed},
                                       {"batch", options.batch},
                                       {"tensors", tensors}};
  return json.dump(2) + "\n";
}

Exit run(const Options& options, Console& console) {
  const Model model = Model::load(options.model);
  const CheckReport report = check(model, options);
  console.print(options.json ? json_text(model, report, options)
                             : report_text(model, report, options, console.results_coloured()));
  return report.verdict == Verdict::passed   ? Exit::good
         : report.verdict == Verdict::failed ? Exit::check_failed
                                             : Exit::inconclusive;
}

}  // namespace

void add_check_grad(CLI::App& program, Action& action) {
  CLI::App* command = program.add_subcommand(
      "check-grad", "Check every gradient of a model against differences of its loss");
  auto options = std::make_shared<Options>();
  add_model(*command, options->model);
  command
      ->add_option("--checkpoint", options->checkpoint,
                   "Check at these weights (default: at the initial ones)")
      ->type_name("FILE");
  command->add_option("--seed", options->seed, "Seed of pictures, labels, weights and directions")
      ->check(whole_number(0, UINT64_MAX))
      ->type_name("N")
      ->capture_default_str();
  command->add_option("--batch", options->batch, "Pictures in the batch")
      ->check(whole_number(1, 1000))
      ->type_name("N")
      ->capture_default_str();
  command
      ->add_option("--max-elements", options->max_elements,
                   "Elements checked one by one in each tensor, drawn at random where it has more "
                   "(default: what takes about a minute at most)")
      ->check(whole_number(1, std::uint64_t{1} << 40))
      ->type_name("N");
  add_threads(*command, options->threads);
  command->add_flag("--plant-error", options->plant_error,
                    "Make the first parameter's gradient wrong by 1 part in 1000, to see what a "
                    "failure looks like");
  add_json(*command, options->json);
  command->footer(
      "Runs in f64 on random pictures. Every parameter and the input are changed a little, one\n"
      "element at a time (central differences) and all at once along random directions; the "
      "change\n"
      "of the loss must be what the gradient says. Status 0: PASSED; 1: FAILED; 4: "
      "INCONCLUSIVE.\n\n"
      "Examples:\n"
      "  autonet check-grad models/convnet_gradcheck.json\n"
      "  autonet check-grad models/convnet1.json --checkpoint models/convnet1.npz\n"
      "  autonet check-grad models/convnet_gradcheck.json --plant-error");
  command->final_callback([options, &action] {
    action = [options](Console& console) { return run(*options, console); };
  });
}

}  // namespace autonet
