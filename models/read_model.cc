#include <algorithm>
#include <filesystem>
#include <fstream>

#include "autograd/error.h"
#include "data/table.h"
#include "models/format.h"
#include "models/graph.h"
#include "models/json_value.h"
#include "models/losses.h"
#include "models/model_parts.h"
#include "models/value_reader.h"
#include "text/concat.h"

namespace autonet {
namespace {

/// The image's shape (rank 0 if unknown) and the number of classes (0 if unknown).
struct ImageSpec {
  Shape shape;
  Index classes = 0;
};

ImageSpec given_image(const Fields& root, Mistakes& mistakes) {
  ImageSpec image;
  if (root.has("input")) {
    const auto& lengths = root.get<std::vector<Index>>("input");
    if (lengths.size() != 3) {
      root.mistake(
          mistakes, "input",
          "must be [rows, columns, channels], got " + std::to_string(lengths.size()) + " numbers");
    } else {
      try {
        image.shape = bounded_shape(lengths, kMaxOutput, "an image");
      } catch (const LayerMistake& mistake) {
        root.mistake(mistakes, "input", mistake.text);
      }
    }
  }
  if (root.has("classes")) image.classes = root.whole("classes");
  return image;
}

ImageSpec read_image(const Fields& root, Mistakes& mistakes) {
  const bool named = root.lines.count("data") > 0;
  const bool given = root.lines.count("input") > 0 || root.lines.count("classes") > 0;
  if (!named) {
    if (root.lines.count("input") == 0 || root.lines.count("classes") == 0) {
      root.mistake(mistakes, "",
                   R"(what the images are is missing: give "data", or both "input" and "classes")");
    }
    return given_image(root, mistakes);
  }
  if (given) {
    const char* key = root.lines.count("input") > 0 ? "input" : "classes";
    root.mistake(mistakes, key, "\"data\" says this already; leave it out");
  }
  if (!root.has("data") || !root.get<FieldsPtr>("data")->has("dataset")) return {};
  const internal::DatasetInfo& info =
      internal::find_dataset(root.get<FieldsPtr>("data")->text("dataset"));
  return {info.image, info.classes()};
}

/// The hold-out must leave images to train on.
void check_data(const Fields& data, Mistakes& mistakes) {
  if (!data.has("dataset") || !data.has("validation")) return;
  const internal::DatasetInfo& info = internal::find_dataset(data.text("dataset"));
  Index count = info.train_count;
  if (data.has("limit")) count = std::min(count, data.whole("limit"));
  if (data.whole("validation") < count) return;
  data.mistake(mistakes, "validation",
               "must be less than the " + std::to_string(count) + " training images" +
                   (count < info.train_count ? " that \"limit\" leaves" : " of " + info.name) +
                   ", got " + std::to_string(data.whole("validation")));
}

void check_training(const Fields& training, Mistakes& mistakes) {
  if (!training.has("checkpoint")) return;
  const std::string& path = training.text("checkpoint");
  if (path.ends_with(".npz") || path.ends_with(".safetensors")) return;
  training.mistake(mistakes, "checkpoint",
                   "must end in .npz or .safetensors, got " + quoted_text(path));
}

/// Checks that the output has one number for each class, and no activation that the loss applies
/// itself.
void check_output(const Fields& root, const ImageSpec& image, const std::vector<Layer>& graph,
                  Mistakes& mistakes) {
  const Layer& last = graph.back();
  if (last.output.rank() == 0 || image.classes == 0) return;  // not known
  if (last.output.size() != image.classes) {
    last.fields->mistake(mistakes, "",
                         "the last layer, \"" + last.name + "\", gives " + last.output.str() +
                             ", but the data have " + std::to_string(image.classes) +
                             " classes, so it must give [" + std::to_string(image.classes) + "]");
  }
  if (!root.has("loss")) return;
  const internal::LossType& loss = internal::loss_type(*root.get<FieldsPtr>("loss"));
  const bool layer = last.fields->type == loss.activation;
  if (layer || (last.fields->has("activation") && !loss.activation.empty() &&
                last.fields->text("activation") == loss.activation)) {
    last.fields->mistake(mistakes, layer ? "" : "activation",
                         text::concat(loss.object.name, " applies the ", loss.activation,
                                      " itself: leave this one out"));
  }
}

LayerInfo info_of(const Layer& layer) {
  LayerInfo info;
  info.name = layer.name;
  info.type = layer.fields->type;
  info.inputs = layer.input_names;
  info.output = layer.output;
  info.channels = layer.output[layer.output.rank() - 1];
  info.units = layer.output.size();
  info.connections = layer.connections;
  info.weights = layer.weights;
  info.biases = layer.biases;
  info.multiply_adds = layer.multiply_adds;
  return info;
}

/// No array of a model that cannot be held is ever asked for.
void check_size(const std::vector<Layer>& graph, Index batch_size, const Fields& root,
                Mistakes& mistakes) {
  constexpr double kMaxBatch = 68719476736.0;  // 2^36 numbers
  double parameters = 0.0;
  double outputs = 0.0;
  for (const Layer& layer : graph) {
    parameters += static_cast<double>(layer.weights + layer.biases);
    outputs += static_cast<double>(layer.output.size());
  }
  if (parameters > kMaxParameter) {
    root.mistake(mistakes, "layers",
                 "all layers together have " + number_text(parameters) + " parameters; at most " +
                     number_text(kMaxParameter) + " are allowed");
  }
  const double batch = outputs * static_cast<double>(batch_size);
  if (batch > kMaxBatch) {
    root.mistake(mistakes, "layers",
                 "the outputs of all layers for a batch of " + std::to_string(batch_size) +
                     " are " + number_text(batch) + " numbers; at most " + number_text(kMaxBatch) +
                     " are allowed");
  }
}

std::string read_file(const std::string& path) {
  std::error_code unknown;
  if (std::filesystem::is_directory(path, unknown)) {
    throw ModelError(path + ": is a folder, not a model file");
  }
  std::ifstream in(path, std::ios::binary);
  if (!in) throw ModelError(path + ": cannot read the model: no such file, or no permission");
  // One byte more than allowed is enough to be refused.
  std::string text(kMaxJsonBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) throw ModelError(path + ": cannot read the model: reading failed");
  text.resize(static_cast<size_t>(in.gcount()));
  return text;
}

}  // namespace

Model Model::load(const std::string& path) {
  return parse(read_file(path), path);
}

Model Model::parse(std::string_view text, const std::string& file) {
  Mistakes mistakes(file);
  const JsonValue json = read_json(text, mistakes);
  const FieldsPtr root = read_fields(json, "", model_format(), mistakes);
  if (json.kind != JsonValue::Kind::object) mistakes.throw_if_any();

  auto impl = std::make_shared<Impl>();
  const ImageSpec image = read_image(*root, mistakes);
  if (root->has("data")) check_data(*root->get<FieldsPtr>("data"), mistakes);
  if (root->has("training")) check_training(*root->get<FieldsPtr>("training"), mistakes);
  if (root->has("layers")) {
    const auto& layers = root->get<std::vector<FieldsPtr>>("layers");
    impl->graph = build_graph(layers, image.shape, mistakes);
    check_output(*root, image, impl->graph, mistakes);
  }
  mistakes.throw_if_any();

  impl->name = root->has("name") ? root->text("name") : std::filesystem::path(file).stem().string();
  impl->text = std::string(text);
  impl->file = file;
  if (root->has("data")) {
    impl->data = data_spec(*root->get<FieldsPtr>("data"));
  } else {
    impl->data.dataset.clear();
  }
  impl->training = training_settings(*root->get<FieldsPtr>("training"));
  impl->exact = root->flag("exact");
  impl->loss = root->get<FieldsPtr>("loss");
  impl->image = image.shape;
  impl->classes = image.classes;
  check_size(impl->graph, impl->training.batch_size, *root, mistakes);
  mistakes.throw_if_any();
  for (const Layer& layer : impl->graph) {
    impl->parameters.insert(impl->parameters.end(), layer.parameters.begin(),
                            layer.parameters.end());
    impl->states.insert(impl->states.end(), layer.states.begin(), layer.states.end());
    impl->infos.push_back(info_of(layer));
  }
  Model model;
  model.impl_ = std::move(impl);
  return model;
}

}  // namespace autonet
