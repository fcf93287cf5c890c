#pragma once

#include <memory>
#include <vector>

#include "autonet/autograd/array.h"
#include "autonet/autograd/context.h"
#include "autonet/models/model.h"
#include "autonet/train/fit.h"
#include "autonet/train/image_views.h"

namespace autonet {

/// What a model says about some inputs.
struct Prediction {
  /// [N, outputs]: probabilities if the model is trained with softmax_cross_entropy, else the
  /// model's outputs.
  Array outputs;
  /// For each input the class with the largest output, the first of equal ones; empty in
  /// regression.
  std::vector<Index> classes;
};

/// What a model with these weights says about inputs, Model::batch_shape(N), of either dtype,
/// normalized like those it was trained on. With `views` the answer to each image is a mean. Throws
/// DataError if the inputs have another shape or are not finite, naming the place; Error if the
/// weights do not fit the model, ModelError if the views do not.
Prediction predict(const Model& model, const Weights& weights, const Array& inputs,
                   Context& context, const ImageViews& views = {});

/// Options of a Predictor.
struct PredictorOptions {
  /// The most inputs that are computed at once, rounded up to a power of two; larger requests are
  /// cut into pieces.
  Index max_batch = 64;
  /// The views of each image whose answers are averaged. Each view counts as one of max_batch.
  ImageViews views = {};
};

/// A trained model that answers many requests, from many threads at once.
///
/// It owns a copy of the weights. Copies of it, also those made by moving it, share one pool of
/// workers, each with its own memory and one thread. A call takes a free worker or makes one, so
/// the pool grows to the number of calls that run at the same time. The answer to a request does
/// not depend on what other threads do.
class Predictor {
 public:
  /// Copies the weights. Throws Error if they do not fit the model or max_batch is not from 1 to
  /// 2^20, ModelError if the views do not fit the model.
  Predictor(const Model& model, const Weights& weights, const PredictorOptions& options = {});
  /// The same for what fit() returned or load_trained() read.
  explicit Predictor(const Trained& trained, const PredictorOptions& options = {})
      : Predictor(trained.model, trained.weights, options) {}

  Predictor(const Predictor&) = default;
  Predictor& operator=(const Predictor&) = default;
  ~Predictor() = default;

  /// The same as predict(). May be called by several threads at once.
  Prediction operator()(const Array& inputs) const;

 private:
  struct Pool;
  std::shared_ptr<Pool> pool_;
};

}  // namespace autonet
