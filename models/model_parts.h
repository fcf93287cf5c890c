#pragma once

#include <string>
#include <vector>

#include "models/layer.h"
#include "models/model.h"

namespace autonet {

/// What a Model holds: made by read_model, immutable afterwards.
struct Model::Impl {
  std::string name;
  std::string text;
  std::string file;
  DataSpec data;
  TrainingSettings training;
  bool exact = false;
  FieldsPtr loss;
  Shape image;
  Index classes = 0;
  std::vector<Layer> graph;

  // The layers' parts in one list each, in the order of the layers.
  std::vector<Parameter> parameters;
  std::vector<State> states;
  std::vector<LayerInfo> infos;
};

}  // namespace autonet
