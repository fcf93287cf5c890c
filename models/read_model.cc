#include "models/read_model.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "data/table.h"
#include "models/format.h"
#include "models/graph.h"
#include "models/json_value.h"
#include "models/losses.h"
#include "text/numbers.h"

namespace autonet::internal {
namespace {

/// The shape of an image (rank 0 if unknown) and the number of classes (0 if unknown).
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
          text::concat("must be [rows, columns, channels], got ", lengths.size(), " numbers"));
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
  const bool named = root.in_file("data");
  const bool given = root.in_file("input") || root.in_file("classes");
  if (!named) {
    if (!root.in_file("input") || !root.in_file("classes")) {
      root.mistake(mistakes, "",
                   R"(the images are not described: give "data", or both "input" and "classes")");
    }
    return given_image(root, mistakes);
  }
  if (given) {
    const char* key = root.in_file("input") ? "input" : "classes";
    root.mistake(mistakes, key, "is already known from \"data\"; leave it out");
  }
  if (!root.has("data") || !root.object("data").has("dataset")) return {};
  const DatasetInfo& info = find_dataset(root.object("data").text("dataset"));
  return {info.image, info.classes()};
}

/// Checks that the validation images leave images to train on.
void check_data(const Fields& data, Mistakes& mistakes) {
  if (!data.has("dataset") || !data.has("validation")) return;
  const DatasetInfo& info = find_dataset(data.text("dataset"));
  Index count = info.train_count;
  if (data.has("limit")) count = std::min(count, data.whole("limit"));
  if (data.whole("validation") < count) return;
  data.mistake(mistakes, "validation",
               text::concat("must be less than the ", count, " training images",
                            count < info.train_count ? " that \"limit\" leaves"
                                                     : text::concat(" of ", info.name),
                            ", got ", data.whole("validation")));
}

void check_training(const Fields& training, Mistakes& mistakes) {
  if (!training.has("checkpoint")) return;
  const std::string& path = training.text("checkpoint");
  if (path.ends_with(".npz") || path.ends_with(".safetensors")) return;
  training.mistake(mistakes, "checkpoint",
                   text::concat("must end in .npz or .safetensors, got ", quoted_text(path)));
}

/// Checks that the output has one number for each class, and no activation that the loss applies
/// itself.
void check_output(const Fields& root, const ImageSpec& image, const std::vector<Layer>& graph,
                  Mistakes& mistakes) {
  const Layer& last = graph.back();
  if (last.output.rank() == 0 || image.classes == 0) return;  // unknown
  if (last.output.size() != image.classes) {
    last.fields->mistake(mistakes, "",
                         text::concat("the last layer, \"", last.name, "\", gives ", last.output,
                                      ", but the data have ", image.classes,
                                      " classes, so it must give [", image.classes, "]"));
  }
  if (!root.has("loss")) return;
  const LossType& loss = loss_type(root.object("loss"));
  const bool layer = last.fields->type == loss.activation;
  if (layer ||
      (last.fields->has("activation") && last.fields->text("activation") == loss.activation)) {
    last.fields->mistake(mistakes, layer ? "" : "activation",
                         text::concat(loss.object.name, " applies the ", loss.activation,
                                      " itself: leave this one out"));
  }
}

LayerInfo info_of(const Layer& layer) {
  return {.name = layer.name,
          .type = layer.fields->type,
          .inputs = layer.input_names,
          .output = layer.output,
          .channels = layer.output[layer.output.rank() - 1],
          .units = layer.output.size(),
          .connections = layer.connections,
          .weights = layer.weights,
          .biases = layer.biases,
          .multiply_adds = layer.multiply_adds};
}

/// Checks that the parameters and the outputs for a batch have sizes that can be allocated.
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
                 text::concat("all layers together have ", text::significant(parameters, 16),
                              " parameters; at most ", text::significant(kMaxParameter, 16),
                              " are allowed"));
  }
  const double batch = outputs * static_cast<double>(batch_size);
  if (batch > kMaxBatch) {
    root.mistake(mistakes, "layers",
                 text::concat("the outputs of all layers for a batch of ", batch_size, " have ",
                              text::significant(batch, 16), " numbers; at most ",
                              text::significant(kMaxBatch, 16), " are allowed"));
  }
}

}  // namespace

ModelParts read_model(std::string_view text, const std::string& file) {
  Mistakes mistakes(file);
  const JsonValue json = read_json(text, mistakes);
  const FieldsPtr root = read_fields(json, "", model_format(), mistakes);
  if (json.kind != JsonValue::Kind::object) mistakes.throw_if_any();

  ModelParts model;
  const ImageSpec image = read_image(*root, mistakes);
  if (root->has("data")) check_data(root->object("data"), mistakes);
  if (root->has("training")) check_training(root->object("training"), mistakes);
  if (root->has("layers")) {
    model.graph = build_graph(root->get<std::vector<FieldsPtr>>("layers"), image.shape, mistakes);
    check_output(*root, image, model.graph, mistakes);
  }
  mistakes.throw_if_any();

  model.name = root->has("name") ? root->text("name") : std::filesystem::path(file).stem().string();
  model.text = std::string(text);
  model.file = file;
  if (root->has("data")) {
    model.data = data_spec(root->object("data"));
  } else {
    model.data.dataset.clear();
  }
  model.training = training_settings(root->object("training"));
  model.exact = root->flag("exact");
  model.loss = root->get<FieldsPtr>("loss");
  model.image = image.shape;
  model.classes = image.classes;
  check_size(model.graph, model.training.batch_size, *root, mistakes);
  mistakes.throw_if_any();
  for (const Layer& layer : model.graph) {
    model.parameters.insert(model.parameters.end(), layer.parameters.begin(),
                            layer.parameters.end());
    model.states.insert(model.states.end(), layer.states.begin(), layer.states.end());
    model.infos.push_back(info_of(layer));
  }
  return model;
}

std::string read_model_file(const std::string& path) {
  std::error_code unknown;
  if (std::filesystem::is_directory(path, unknown)) {
    throw ModelError(path + ": is a folder, not a model file");
  }
  std::ifstream in(path, std::ios::binary);
  if (!in) throw ModelError(path + ": cannot read the model: no such file, or no permission");
  // One byte more than read_json accepts is enough for it to refuse the text.
  std::string text(kMaxJsonBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) throw ModelError(path + ": cannot read the model: reading failed");
  text.resize(static_cast<size_t>(in.gcount()));
  return text;
}

}  // namespace autonet::internal
