#pragma once

#include <string>

#include "autonet/models/model.h"

namespace autonet {

/// Choices of to_onnx().
struct OnnxOptions {
  Index opset = 17;             ///< Version of ONNX's operators, 13 to 23.
  bool channels_first = false;  ///< The input is [N,C,H,W]; otherwise [N,H,W,C], as in autonet.
  bool logits = false;          ///< The output is that of the last layer, without the softmax.
};

/// The bytes of an ONNX file that computes what a model predicts, in f32: the probabilities of the
/// classes if the loss is softmax_cross_entropy, else the output. The input is named "input" and
/// the output "output"; both have any number N of rows. An input of tokens is int64. Images are
/// [N,C,H,W] inside, and weights are in ONNX's layouts.
///
/// Throws ModelError naming all layers that cannot be expressed at once, or if the version is not
/// supported, and Error if the weights are not those of the model.
std::string to_onnx(const Model& model, const Weights& weights, const OnnxOptions& options = {});

}  // namespace autonet
