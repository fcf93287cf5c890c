#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "autonet/models/model.h"
#include "models/layer.h"

namespace autonet::internal {

/// What a Model holds.
struct ModelParts {
  std::string name;
  std::string text;
  std::string file;
  std::vector<std::string> settings;
  DataSpec data;
  TrainingSettings training;
  bool exact = false;
  FieldsPtr loss;
  Shape input;
  Index tokens = 0;
  Index classes = 0;                     // 0 in regression
  std::vector<std::string> class_names;  // one for each class, or none
  Index outputs = 0;
  std::vector<Layer> graph;

  // Those of all layers, in the order of the layers.
  std::vector<Parameter> parameters;
  std::vector<State> states;
  std::vector<LayerInfo> infos;
};

/// Checks the text of a model.json whose "input" or "classes" are still to be learnt from its data,
/// as far as possible without them. Returns what it says about data and "outputs" and the names of
/// its classes; nothing if the text lacks neither, or its data cannot tell them. Throws ModelError
/// with all mistakes at once.
struct OpenEnds {
  DataSpec data;
  bool input = false;    // true if "input" is in the text
  bool targets = false;  // true if "classes" or "outputs" is
  Index outputs = 0;     // the number of "outputs"; 0 with classes
  std::vector<std::string> class_names;
};
std::optional<OpenEnds> open_ends(std::string_view text, const std::string& file,
                                  std::span<const std::string> settings);

/// Reads and checks the text of a model.json, as Model::parse does.
ModelParts read_model(std::string_view text, const std::string& file,
                      std::span<const std::string> settings);

/// The text of a file. Throws ModelError if it cannot be read. A text that is longer than
/// read_json accepts may be cut.
std::string read_model_file(const std::string& path);

}  // namespace autonet::internal
