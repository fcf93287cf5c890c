#include "exchange/c_source_record.h"

#include "autonet/autograd/grad.h"
#include "autonet/ops/arithmetic.h"
#include "autonet/ops/compare.h"
#include "autonet/ops/math.h"
#include "autonet/ops/reduce.h"
#include "train/prepare_batch.h"

namespace autonet::internal {
namespace {

/// The leaves of a recording; the model is recorded on them afterwards.
CRecording leaves_of(const Model& model, const Weights& weights, Index batch, Context& context) {
  CRecording r;
  r.tape = std::make_unique<Tape>(context);
  const DType dtype = model.training().precision;
  r.x = r.tape->placeholder({model.batch_shape(batch), dtype}, "x");
  r.step = r.tape->placeholder({{}, DType::f64}, "step");
  for (std::size_t i = 0; i < weights.parameters.size(); ++i) {
    r.parameters.push_back(
        r.tape->variable(weights.parameters[i].to(dtype), model.parameters()[i].name));
  }
  for (std::size_t i = 0; i < weights.states.size(); ++i) {
    r.states.push_back(r.tape->variable(weights.states[i].to(dtype), model.states()[i].name));
  }
  return r;
}

/// What the gradients are multiplied with so that the root of the sum of all their squares is at
/// most `limit`. Gradients of parameters that are not trained count too.
Var clip_factor(const CRecording& r, double limit) {
  const Label label(*r.tape, "clip_norm");
  Var squares;
  for (const Var gradient : grad(r.output, r.parameters)) {
    const Var own = sum(gradient * gradient);
    squares = squares.valid() ? squares + own : own;
  }
  return minimum(limit / sqrt(squares), 1.0);
}

}  // namespace

CRecording record_prediction(const Model& model, const Weights& weights, Context& context) {
  CRecording r = leaves_of(model, weights, 1, context);
  const Var output =
      model.record(r.x, r.parameters, r.states, Model::Mode::evaluation, r.step).output;
  r.output = model.predictions(output);
  return r;
}

CRecording record_outputs(const Model& model, const Weights& weights, const Array& inputs,
                          Context& context) {
  CRecording r = leaves_of(model, weights, inputs.shape()[0], context);
  r.x = r.tape->variable(inputs.to(r.x.dtype()), "x");
  r.output = model.record(r.x, r.parameters, r.states, Model::Mode::evaluation, r.step).output;
  return r;
}

CRecording record_training(const Model& model, const Weights& weights, Index batch,
                           Context& context) {
  CRecording r = leaves_of(model, weights, batch, context);
  r.targets = r.tape->placeholder(target_type(model, batch, Model::Mode::training), "targets");
  Recorded recorded = model.record(r.x, r.parameters, r.states, Model::Mode::training, r.step);
  r.output = model.loss(recorded.output, r.targets);
  r.new_states = std::move(recorded.new_states);
  Var factor;
  if (const auto limit = model.training().clip_norm) factor = clip_factor(r, *limit);
  std::vector<Var> trained;
  for (std::size_t i = 0; i < r.parameters.size(); ++i) {
    if (model.parameters()[i].learning_rate_factor == 0.0) continue;
    trained.push_back(r.parameters[i]);
    r.updated.push_back(i);
  }
  const std::vector<Var> gradients = grad(r.output, trained);
  for (std::size_t i = 0; i < trained.size(); ++i) {
    r.updates.push_back({trained[i], factor.valid() ? gradients[i] * factor : gradients[i]});
  }
  return r;
}

}  // namespace autonet::internal
