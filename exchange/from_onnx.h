#pragma once

#include <optional>
#include <string>
#include <vector>

#include "autonet/exchange/onnx_graph.h"
#include "autonet/models/model.h"

namespace autonet {

/// Choices of from_onnx().
struct OnnxImportOptions {
  std::string name = {};  ///< Of the model; "": that of the graph.
  /// The data set that the model is for, such as "mnist"; "": the model says how large its inputs
  /// and outputs are, and has no data.
  std::string dataset = {};
  /// The outputs are scores of classes, as if a softmax followed. It is so also with a data set of
  /// classes, or if the graph ends in a softmax.
  bool classes = false;
  /// The lengths of the graph's input without the batch axis, in its order, if the file does not
  /// say them.
  std::vector<Index> input = {};
  std::string checkpoint = {};  ///< "checkpoint" of the model's training; "": it has none.
};

/// A network of an ONNX file as a model of autonet.
struct ImportedModel {
  Model model;      ///< It reads inputs as its layers need them, with the channels last.
  Weights weights;  ///< In the model's precision and layouts.
  /// The largest difference from the graph's outputs, for inputs that are waves, as a share of the
  /// largest output; nothing if the network is so large that computing it would take long.
  std::optional<double> difference = {};
};

/// The model of autonet that computes what an ONNX graph does: its layers, named after the nodes,
/// and their weights. The inverse of to_onnx(). Convolutions, fully connected layers, activations,
/// poolings, normalizations, dropout, sums, products, joined channels, embeddings, LSTMs and
/// self-attention are found, also where ONNX writes them as several nodes. Images [N,C,H,W] become
/// [N,H,W,C], and weights are reordered where an image is flattened. A softmax or log_softmax at
/// the end is left to the loss.
///
/// `file` is the path that the model gets, from whose folder its checkpoint starts. Both are
/// computed and compared before the function returns.
///
/// Throws ModelError naming all nodes at once that no layer expresses; the graph can still be run
/// and differentiated as an OnnxGraph.
ImportedModel from_onnx(const OnnxGraph& graph, const std::string& file,
                        const OnnxImportOptions& options = {});

}  // namespace autonet
