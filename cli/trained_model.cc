#include "cli/trained_model.h"

#include <filesystem>

#include "autograd/error.h"

namespace autonet {

std::string checkpoint_of(const Model& model, const std::string& given) {
  if (!given.empty()) return given;
  const std::string path = model.checkpoint_path();
  if (path.empty()) {
    throw ModelError(model.file() +
                     ": the model names no checkpoint; add \"checkpoint\": \"NAME.npz\" to "
                     "\"training\", or give --checkpoint FILE");
  }
  return path;
}

std::string fit_command(const Model& model, const std::string& path) {
  std::string text = "autonet fit " + model.file();
  if (path != model.checkpoint_path()) text += " --checkpoint " + path;
  return text;
}

LoadedWeights weights_of(const Model& model, const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    throw DataError("reading the weights of " + model.name() + ": there is no checkpoint " + path +
                    "; make it with: " + fit_command(model, path));
  }
  return load_weights(model, path);
}

}  // namespace autonet
