#include "cli/trained_model.h"

#include <spdlog/spdlog.h>

#include <filesystem>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "cli/called.h"
#include "train/array_formats.h"
#include "train/made_with.h"
#include "train/model_arrays.h"
#include "train/model_texts.h"
#include "train/run_state.h"

namespace autonet::cli {

namespace {

void note_unchecked(const ArrayFile& file, const std::string& path) {
  if (file.checked) return;
  spdlog::info(
      "note: {} has no checksum, as another program wrote it; if its numbers were damaged, this "
      "could not be seen",
      path);
}

/// The file of a checkpoint's run or, if there is none, of its weights.
std::string run_or_weights(const std::string& path) {
  std::error_code error;
  const std::string run = internal::run_file_of(path);
  return std::filesystem::exists(run, error) ? run : path;
}

}  // namespace

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
  std::string path = model.checkpoint_path();
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

void note_unchecked(const std::string& path) {
  try {
    note_unchecked(internal::load_texts(path), path);
  } catch (const Error&) {
    return;  // who reads the file says what is wrong with it
  }
}

std::string made_elsewhere(const std::string& path) {
  try {
    const std::string read = run_or_weights(path);
    const std::string text = internal::made_elsewhere(internal::load_texts(read), read);
    return text.empty() ? "" : "note: " + text + "\n";
  } catch (const Error&) {
    return "";
  }
}

Weights weights_of(const Model& model, const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    throw DataError(text::concat("reading the weights of ", model.name(),
                                 ": there is no checkpoint ", path,
                                 "; make it with: ", fit_command(model, path)));
  }
  const ArrayFile file = internal::load_texts(path);
  note_unchecked(file, path);
  internal::check_same_model(
      model, file, path,
      path == model.checkpoint_path() ? internal::Compared::network : internal::Compared::layers);
  return internal::find_weights(
      model, internal::load_arrays_of(model, path, internal::CheckpointPart::weights), path);
}

}  // namespace autonet::cli
