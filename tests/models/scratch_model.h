#pragma once

#include <string>

#include "autonet/autograd/error.h"
#include "autonet/models/model.h"
#include "autonet/text/concat.h"

namespace autonet {

/// The text of a model with these layers, the entries of its list, on images of shape [`image`].
inline std::string model_text(const std::string& layers, const std::string& image = "8,8,3",
                              int classes = 10) {
  return text::concat("{\"input\": [", image, "], \"classes\": ", classes, ",\n\"layers\": [\n",
                      layers, "\n]}");
}

/// The error of Model::parse for a text, or "none".
inline std::string model_error(const std::string& text) {
  try {
    Model::parse(text, "m.json");
  } catch (const ModelError& error) {
    return error.what();
  }
  return "none";
}

}  // namespace autonet
