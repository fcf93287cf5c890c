#include "autonet/train/predictor.h"

#include <algorithm>
#include <bit>
#include <map>
#include <mutex>

#include "autonet/autograd/error.h"
#include "autonet/autograd/program.h"
#include "autonet/autograd/tape.h"
#include "autonet/text/concat.h"
#include "autonet/train/weights.h"
#include "train/check_examples.h"
#include "train/predict_program.h"

namespace autonet {

Program internal::plan_predictions(const Model& model, const Weights& weights, Index batch,
                                   const ImageViews& views, Context& context) {
  Tape tape(context);
  const Var x = tape.placeholder({model.batch_shape(batch), model.training().precision}, "inputs");
  const auto leaves = [&](const std::vector<Array>& arrays) {
    std::vector<Var> vars;
    vars.reserve(arrays.size());
    for (const Array& array : arrays) vars.push_back(tape.variable(array.to(x.dtype())));
    return vars;
  };
  const Var output =
      internal::record_views(model, x, leaves(weights.parameters), leaves(weights.states),
                             tape.constant(Array::scalar(0.0, DType::f64)), views);
  const std::vector<Var> outputs{model.predictions(output)};
  return Program(context, std::span(&x, 1), outputs, {.batch = std::span(&x, 1)});
}

namespace {

/// Plans for the sizes of batches that were needed so far: powers of two, so that there are few.
class Planned {
 public:
  Planned(const Model& model, const Weights& weights, const ImageViews& views, Context& context)
      : model_(model), weights_(weights), views_(views), context_(context) {}

  /// Writes the outputs of `inputs` to `outputs`, both with the same number of rows.
  void run(const Array& inputs, Array outputs) {
    const Index count = inputs.shape()[0];
    const Index batch = static_cast<Index>(std::bit_ceil(static_cast<std::uint64_t>(count)));
    auto found = programs_.find(batch);
    if (found == programs_.end())
      found =
          programs_
              .emplace(batch, internal::plan_predictions(model_, weights_, batch, views_, context_))
              .first;
    Program& program = found->second;
    if (count < batch) program.input(0).fill(0.0);  // what is left over is computed and ignored
    program.input(0).slice(0, 0, count).copy_from(inputs);
    program.run();
    outputs.copy_from(program.output(0).slice(0, 0, count));
  }

 private:
  const Model& model_;
  const Weights& weights_;
  ImageViews views_;
  Context& context_;
  std::map<Index, Program> programs_;
};

/// Calls run(piece of inputs, piece of outputs) for pieces of at most max_batch inputs.
template <typename Run>
Prediction in_pieces(const Model& model, const Array& inputs, Index max_batch, Run run) {
  internal::check_inputs(model, inputs, "predict");
  const Index count = inputs.shape()[0];
  const ArrayType type{{count, model.outputs()}, model.training().precision};
  Prediction prediction{.outputs = Array::uninitialized(type), .classes = {}};
  for (Index first = 0; first < count; first += max_batch) {
    const Index length = std::min(max_batch, count - first);
    run(inputs.slice(0, first, length), prediction.outputs.slice(0, first, length));
  }
  if (model.classes() == 0) return prediction;
  const std::vector<double> numbers = prediction.outputs.to_vector();
  for (Index n = 0; n < count; ++n) {
    const auto row = numbers.begin() + n * model.classes();
    prediction.classes.push_back(std::max_element(row, row + model.classes()) - row);
  }
  return prediction;
}

}  // namespace

Prediction predict(const Model& model, const Weights& weights, const Array& inputs,
                   Context& context, const ImageViews& views) {
  internal::check_weights(model, weights, "predict");
  internal::check_views(model, views, "predict");
  Planned planned(model, weights, views, context);
  return in_pieces(model, inputs, 256 / views.count(),
                   [&](const Array& x, const Array& y) { planned.run(x, y); });
}

struct Predictor::Pool {
  Pool(const Model& m, Weights w, const PredictorOptions& options)
      : model(m),
        weights(std::move(w)),
        views(options.views),
        max_batch(std::max<Index>(1, options.max_batch / views.count())) {}

  struct Worker {
    explicit Worker(const Pool& pool) : planned(pool.model, pool.weights, pool.views, context) {}
    Context context;
    Planned planned;
  };

  std::unique_ptr<Worker> take() {
    const std::lock_guard lock(mutex);
    if (idle.empty()) return std::make_unique<Worker>(*this);
    std::unique_ptr<Worker> worker = std::move(idle.back());
    idle.pop_back();
    return worker;
  }
  void give_back(std::unique_ptr<Worker> worker) {
    const std::lock_guard lock(mutex);
    idle.push_back(std::move(worker));
  }

  Model model;
  Weights weights;
  ImageViews views;
  Index max_batch;
  std::mutex mutex;
  std::vector<std::unique_ptr<Worker>> idle;
};

Predictor::Predictor(const Model& model, const Weights& weights, const PredictorOptions& options) {
  internal::check_weights(model, weights, "Predictor");
  if (options.max_batch < 1 || options.max_batch > (Index{1} << 20)) {
    throw Error(
        text::concat("Predictor: max_batch must be from 1 to 1048576, got ", options.max_batch));
  }
  internal::check_views(model, options.views, "Predictor");
  pool_ = std::make_shared<Pool>(model, internal::copy_of(weights, model.training().precision),
                                 options);
}

Prediction Predictor::operator()(const Array& inputs) const {
  std::unique_ptr<Pool::Worker> worker = pool_->take();
  // A worker that threw is not given back.
  Prediction prediction =
      in_pieces(pool_->model, inputs, pool_->max_batch,
                [&](const Array& x, const Array& y) { worker->planned.run(x, y); });
  pool_->give_back(std::move(worker));
  return prediction;
}

}  // namespace autonet
