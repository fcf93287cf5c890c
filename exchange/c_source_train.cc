// The training step in C.
#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "exchange/c_source_write.h"

namespace autonet::internal {

using text::concat;

std::string CFile::adam_beginning() const {
  const OptimizerSettings& o = model_.training().optimizer;
  if (o.type == OptimizerSettings::Type::sgd) return "";
  const auto number = [&](double value) { return number_text(value, parts_.dtype); };
  // 1 - b^t from 1 - b^(t-1), without the digits that a difference from 1 would lose.
  return concat("  adam_rest1 = ", number(o.beta1), " * adam_rest1 + ", number(1.0 - o.beta1),
                "; /* 1 - b1^t, t counting the steps from 1 */\n  adam_rest2 = ", number(o.beta2),
                " * adam_rest2 + ", number(1.0 - o.beta2), "; /* 1 - b2^t */\n");
}

std::string CFile::update_lines(CCalls& calls, const CRecording& recording, std::size_t update) {
  const OptimizerSettings& o = model_.training().optimizer;
  const std::size_t i = recording.updated[update];
  const Parameter& parameter = model_.parameters()[i];
  const Changing& w = parameters_[i];
  const auto number = [&](double value) { return number_text(value, parts_.dtype); };
  const double decays = parameter.decays ? parameter.decay_factor : 0.0;
  const std::string rate = parameter.learning_rate_factor == 1.0
                               ? "learning_rate"
                               : concat("learning_rate * ", number(parameter.learning_rate_factor));
  const std::string gradient = calls.expression(recording.updates[update].gradient.id());
  const std::string comment = concat("  /* ", comment_text(parameter.name),
                                     ": its gradient is known, so it is updated */\n");
  if (o.type == OptimizerSettings::Type::sgd) {
    const char* const rule = o.nesterov ? "nesterov" : "sgd";
    parts_.functions.insert(rule);
    return concat(comment, "  ", rule, "(", w.numbers, ", ", w.slots[0], ", ", gradient, ", ",
                  number(o.momentum), ", ", number(decays * model_.training().l2_decay), ", ", rate,
                  ");\n");
  }
  parts_.functions.insert("adam");
  const bool decoupled = o.type == OptimizerSettings::Type::adamw;
  const std::string keep =
      decoupled ? concat("1 - ", rate, " * ", number(decays * o.weight_decay)) : "1";
  return concat(comment, "  adam(", w.numbers, ", ", w.slots[0], ", ", w.slots[1], ", ", gradient,
                ", ", number(decoupled ? 0.0 : decays * model_.training().l2_decay), ", ", keep,
                ", ", rate, ", ", number(o.beta1), ", ", number(o.beta2), ", ", number(o.epsilon),
                ", adam_rest1, adam_rest2);\n");
}

std::string CFile::average_lines() {
  if (!averages()) return "";
  parts_.functions.insert("move_average");
  const std::string keep = number_text(*model_.training().ema, parts_.dtype);
  std::string lines = concat(
      "  /* predictions use a moving average of the weights, which keeps less in the first steps "
      "*/\n",
      "  number kept = (number)(2 + step_count) / (number)(11 + step_count);\n  if (kept > ", keep,
      ") kept = ", keep, ";\n");
  std::size_t i = 0;
  for (const std::vector<Changing>* const list : {&parameters_, &states_}) {
    for (const Changing& w : *list) {
      lines += concat("  move_average(", averages_[i++].numbers, ", ", w.numbers, ", ",
                      w.start.size(), ", kept);\n");
    }
  }
  return lines;
}

void CFile::write_training() {
  const TrainingSettings& training = model_.training();
  begin_function();
  const CRecording recording = record_training(model_, weights_, options_.batch, context_);
  std::vector<Var> outputs{recording.output};
  outputs.insert(outputs.end(), recording.new_states.begin(), recording.new_states.end());
  const CProgram program(*recording.tape, given(recording), outputs, recording.updates);
  CCalls calls(program, parts_, leaf_names(recording), "loss");
  std::string lines = body_of(program, calls, recording);
  for (std::size_t i = 0; i < recording.new_states.size(); ++i) {
    parts_.functions.insert("copy");
    lines += concat("  copy(", states_[i].name, ", ",
                    calls.expression(recording.new_states[i].id()), ");\n");
  }
  lines += average_lines();
  const Index batch = options_.batch;
  const Index inputs = batch * model_.input_shape().size();
  const Index targets = recording.targets.shape().size();
  const std::string arguments = concat("(const ", type(), " inputs[", inputs, "], const ", type(),
                                       " targets[", targets, "], ", type(), " learning_rate)");
  functions_ += concat("\n", type(), " ", prefix_, "_train_step", arguments, " {\n",
                       local_array("x", "inputs", recording.x.shape()),
                       local_array("t", "targets", recording.targets.shape()), parts_.locals, "\n",
                       adam_beginning(), lines, counts_steps() ? "  ++step_count;\n" : "",
                       "  return *", calls.expression(recording.output.id()), ".at;\n}\n");
  declarations_ += concat(
      "\n/* Learns from ", batch == 1 ? std::string("one example") : concat(batch, " examples"),
      ": computes the loss and its derivatives and updates the weights, which\n   ", prefix_,
      "_predict then uses. ",
      recording.targets.rank() == 1 ? "A target is the number of a class, from 0. "
                                    : "Targets are what the outputs should be. ",
      "Returns the loss before the update. */\n", type(), " ", prefix_, "_train_step", arguments,
      ";\n\n#define ", upper_, "_BATCH ", batch,
      "\n/* The learning rate of the model file. */\n#define ", upper_, "_LEARNING_RATE ",
      number_text(training.optimizer.learning_rate, parts_.dtype),
      "\n\n/* What is learnt, to be saved and restored. */\n");
  for (const std::vector<Changing>* const list : saved()) {
    for (const Changing& array : *list) {
      declarations_ +=
          concat("extern ", type(), " ", array.numbers, "[", array.start.size(), "];\n");
    }
  }
  end_function();
}

}  // namespace autonet::internal
