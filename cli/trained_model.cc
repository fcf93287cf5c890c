#include "cli/trained_model.h"

#include <filesystem>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "cli/called.h"
#include "train/model_texts.h"

namespace autonet::cli {

Index parameter_count(const Model& model) {
  Index count = 0;
  for (const Parameter& parameter : model.parameters()) count += parameter.shape.size();
  return count;
}

std::string input_noun(const Model& model) {
  return model.input_shape().rank() == 3 ? "image" : "example";
}

std::string data_name(const Model& model) {
  const DataSpec& data = model.data();
  if (!data.folder.empty()) return data.folder;
  return data.file.empty() ? data.dataset : data.file;
}

std::string checkpoint_of(const Model& model, const std::string& given) {
  if (!given.empty()) return given;
  const std::string path = model.checkpoint_path();
  if (path.empty()) {
    throw ModelError(model.file() +
                     ": the model names no checkpoint; add \"checkpoint\": \"NAME.npz\" to "
                     "\"training\", or use --checkpoint FILE");
  }
  return path;
}

std::string fit_command(const Model& model, const std::string& path) {
  std::string text = command_line("fit " + model_words(model));
  if (path != model.checkpoint_path()) text += " --checkpoint " + shell_word(path);
  return text;
}

Weights weights_of(const Model& model, const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    throw DataError(text::concat("reading the weights of ", model.name(),
                                 ": there is no checkpoint ", path,
                                 "; make it with: ", fit_command(model, path)));
  }
  const ArrayFile file = load_arrays(path);
  internal::check_same_model(
      model, file, path,
      path == model.checkpoint_path() ? internal::Compared::network : internal::Compared::layers);
  return internal::find_weights(model, file, path);
}

}  // namespace autonet::cli
