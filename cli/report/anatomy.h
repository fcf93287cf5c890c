#pragma once

#include <string>
#include <vector>

#include "autonet/data/examples.h"
#include "autonet/models/model.h"
#include "autonet/ops/window.h"

namespace autonet::cli {

/// The numbers of one layer for one example, without the batch axis.
struct LayerNumbers {
  Array values = {};     // its output
  Array gradients = {};  // of the loss, for each of the values
};

/// A convolution in a layer, and the rules that its gradients follow.
struct ConvolutionNumbers {
  Index layer = 0;   // its number in Model::layers()
  Index input = -1;  // the layer that it reads, -1 for the input of the model
  Window window = {};
  std::string forward = {};      // "1": the last argument of y = convolve(x, flip(w), 1)
  std::string for_input = {};    // of xbar = convolve(ybar, w, …)
  std::string for_weights = {};  // of wbar = convolve(x, flip(ybar), …)
  Array weights = {};            // [R,S,C/groups,K]
  Array bias = {};               // [K]; no data without a bias
  Array output_gradients = {};   // ybar [rows,columns,K], before bias and activation
  Array weight_gradients = {};   // wbar, like the weights
};

/// What happens in a model for one example, forwards and backwards.
struct Anatomy {
  double loss = 0.0;
  std::vector<double> predictions = {};  // probabilities or outputs, see Model::predictions()
  LayerNumbers input = {};
  std::vector<LayerNumbers> layers = {};              // in the order of Model::layers()
  std::vector<ConvolutionNumbers> convolutions = {};  // those that are one call of conv2d
};

/// Records the model in evaluation mode on example n alone, with its gradients, and computes it.
/// Throws Error if the weights are not the model's.
Anatomy anatomy_of(const Model& model, const Weights& weights, const Examples& examples, Index n);

}  // namespace autonet::cli
