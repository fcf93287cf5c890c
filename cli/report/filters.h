#pragma once

#include <vector>

#include "cli/json.h"

namespace autonet::cli {

/// The weights of the first layer over the epochs, as images: the kernels of a convolution, or what
/// each unit of a linear layer reads of an image. At most 64 of them, and so many epochs that all
/// fit into 400 KB.
class Filters {
 public:
  explicit Filters(const Model& model);

  /// False if the first layer has no weights that are images.
  bool shown() const { return parameter_ >= 0; }
  /// Keeps the weights of an epoch (0: before training).
  void add(Index epoch, const Weights& weights);

  /// {"layer": "conv_1", "shape": [rows, columns, channels, filters], "of": filters in the layer,
  /// "epochs": [0, 1, …], "images": [{"low": …, "high": …, "bytes": …}, …]}; null if not shown.
  Json json() const;

 private:
  std::string layer_ = {};
  Index parameter_ = -1;  // in Model::parameters()
  Index all_ = 0;         // filters in the layer
  Shape shape_ = {};      // [rows, columns, channels, filters shown]
  size_t most_ = 0;       // epochs
  Index step_ = 1;        // epochs between two that are kept
  std::vector<Index> epochs_ = {};
  std::vector<Json> images_ = {};
};

}  // namespace autonet::cli
