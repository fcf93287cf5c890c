#include "exchange/c_source_write.h"

#include <algorithm>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "exchange/c_source_functions.h"

namespace autonet::internal {

using text::concat;

namespace {

std::string upper_case(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

/// Names that no array may have.
std::set<std::string> taken_names() {
  std::set<std::string> names = reserved_c_names();
  names.merge(c_function_names());
  return names;
}

}  // namespace

CFile::CFile(const Model& model, const Weights& weights, const CSourceOptions& options,
             Context& context)
    : model_(model),
      weights_(weights),
      options_(options),
      context_(context),
      parts_{.dtype = model.training().precision, .names = CNames(taken_names())},
      names_outside_({}),
      prefix_(prefix_of(model.name())),
      upper_(upper_case(prefix_)) {
  for (const char* function : {"_predict", "_train_step"}) parts_.names.give(prefix_ + function);
  if (options.train) add_changing();
}

void CFile::add_changing() {
  const auto add = [&](const std::string& name, const Array& start, std::vector<Changing>& to) {
    to.push_back({.name = parts_.names.give(name),
                  .numbers = parts_.names.give(concat(prefix_, "_", name)),
                  .start = start.to(parts_.dtype).contiguous()});
  };
  for (std::size_t i = 0; i < weights_.parameters.size(); ++i) {
    add(model_.parameters()[i].name, weights_.parameters[i], parameters_);
    if (model_.parameters()[i].learning_rate_factor == 0.0) continue;
    Changing& parameter = parameters_.back();
    const bool sgd = model_.training().optimizer.type == OptimizerSettings::Type::sgd;
    for (const char* slot : sgd ? std::vector{"_velocity"} : std::vector{"_mean", "_square"}) {
      parameter.slots.push_back(parts_.names.give(parameter.name + slot));
    }
  }
  for (std::size_t i = 0; i < weights_.states.size(); ++i) {
    add(model_.states()[i].name, weights_.states[i], states_);
  }
  if (!averages()) return;
  for (std::size_t i = 0; i < weights_.parameters.size(); ++i) {
    add(model_.parameters()[i].name + "_average", weights_.parameters[i], averages_);
  }
  for (std::size_t i = 0; i < weights_.states.size(); ++i) {
    add(model_.states()[i].name + "_average", weights_.states[i], averages_);
  }
}

std::vector<Var> CFile::given(const CRecording& recording) const {
  std::vector<Var> vars{recording.x, recording.step};
  if (recording.targets.valid()) vars.push_back(recording.targets);
  if (options_.train) {
    vars.insert(vars.end(), recording.parameters.begin(), recording.parameters.end());
    vars.insert(vars.end(), recording.states.begin(), recording.states.end());
  }
  return vars;
}

std::map<Index, std::string> CFile::leaf_names(const CRecording& recording) const {
  std::map<Index, std::string> names{{recording.x.id(), "x"}, {recording.step.id(), "step"}};
  if (recording.targets.valid()) names[recording.targets.id()] = "t";
  const bool average = averages() && !recording.targets.valid();  // in a prediction
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    names[recording.parameters[i].id()] = average ? averages_[i].name : parameters_[i].name;
  }
  for (std::size_t i = 0; i < states_.size(); ++i) {
    names[recording.states[i].id()] =
        average ? averages_[parameters_.size() + i].name : states_[i].name;
  }
  return names;
}

std::string CFile::local_array(const std::string& name, const std::string& at,
                               const Shape& shape) const {
  const Array layout = layout_of({shape, parts_.dtype});
  return concat("  const array ", array_text({.name = name, .at = at, .layout = layout}), "\n");
}

std::string CFile::body_of(const CProgram& program, CCalls& calls, const CRecording& recording) {
  memory_ = std::max(memory_, program.memory());
  std::string lines;
  for (const CStep& step : program.steps()) {
    lines +=
        step.call >= 0 ? calls.lines_of(step.call) : update_lines(calls, recording, step.update);
  }
  return lines;
}

void CFile::begin_function() {
  names_outside_ = parts_.names;
  parts_.locals.clear();
}

void CFile::end_function() {
  parts_.names = names_outside_;
  for (const CArray& constant : parts_.constants) parts_.names.take(constant.name);
}

void CFile::write_prediction() {
  begin_function();
  const CRecording recording = record_prediction(model_, weights_, context_);
  const CProgram program(*recording.tape, given(recording), std::span(&recording.output, 1));
  CCalls calls(program, parts_, leaf_names(recording), "prediction");
  const std::string lines = body_of(program, calls, recording);
  const bool classes = model_.classes() > 0;
  const Index inputs = model_.input_shape().size();
  const Index outputs = model_.outputs();
  const std::string result = calls.expression(recording.output.id());
  parts_.functions.insert("copy");
  const std::string arguments =
      concat("(const ", type(), " inputs[", inputs, "], ", type(), " outputs[", outputs, "])");
  functions_ += concat(classes ? "int32_t " : "void ", prefix_, "_predict", arguments, " {\n",
                       local_array("x", "inputs", recording.x.shape()),
                       local_array("y", "outputs", recording.output.shape()), parts_.locals, "\n",
                       lines, "  copy(y, ", result, ");\n");
  if (classes) {
    functions_ += concat("  int32_t best = 0;\n  for (int32_t k = 1; k < ", outputs,
                         "; ++k) {\n    if (outputs[k] > outputs[best]) best = k;\n  }\n"
                         "  return best;\n");
  }
  functions_ += "}\n";
  const bool probabilities = model_.loss_key() == "cross_entropy";
  declarations_ +=
      concat("/* Writes ", probabilities ? "the probabilities of the classes" : "the predictions",
             " for one input, ", comment_text(model_.input_shape().str()),
             model_.input_shape().rank() == 3 ? " rows, columns, channels" : "",
             ", with numbers scaled as for\n   autonet.",
             classes ? " Returns the class with the largest output, the first of equal ones." : "",
             " */\n", classes ? "int32_t " : "void ", prefix_, "_predict", arguments, ";\n");
  end_function();
}

}  // namespace autonet::internal
