#pragma once

#include <string>

#include "autograd/error.h"
#include "models/model.h"

namespace autonet {

/// A model of these layers (the entries of the list) on images [rows,columns,channels] = `image`.
inline std::string model_text(const std::string& layers, const std::string& image = "8,8,3",
                              int classes = 10) {
  return "{\"input\": [" + image + "], \"classes\": " + std::to_string(classes) +
         ",\n\"layers\": [\n" + layers + "\n]}";
}

/// The error of a text, "none" if it has none.
inline std::string model_error(const std::string& text) {
  try {
    Model::parse(text, "m.json");
  } catch (const ModelError& error) {
    return error.what();
  }
  return "none";
}

}  // namespace autonet
