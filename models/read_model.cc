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
#include "models/set_values.h"
#include "text/numbers.h"

namespace autonet::internal {
namespace {

bool is_array_file(const std::string& path) {
  return path.ends_with(".npz") || path.ends_with(".safetensors");
}
std::string array_file_mistake(const std::string& path) {
  return text::concat("must end in .npz or .safetensors, got ", quoted_text(path));
}

/// What a model reads and predicts. What is unknown has rank 0 or is 0.
struct Ends {
  Shape input;
  Index classes = 0;
  Index outputs = 0;
};

Shape given_input(const Fields& root, Mistakes& mistakes) {
  if (!root.has("input")) return {};
  const auto& lengths = root.get<std::vector<Index>>("input");
  if (lengths.empty() || lengths.size() > 3) {
    root.mistake(mistakes, "input",
                 text::concat("must be [rows, columns, channels] of an image, [steps, features] of "
                              "a sequence or [features] of a vector, got ",
                              lengths.size(), " numbers"));
    return {};
  }
  try {
    return bounded_shape(lengths, kMaxOutput, "an input");
  } catch (const LayerMistake& mistake) {
    root.mistake(mistakes, "input", mistake.text);
    return {};
  }
}

Ends read_ends(const Fields& root, Mistakes& mistakes) {
  const bool data = root.has("data");
  if (data && root.object("data").in_file("dataset")) {
    for (const char* key : {"input", "classes", "outputs"}) {
      if (root.in_file(key)) {
        root.mistake(mistakes, key, "is already known from \"data\"; leave it out");
      }
    }
    if (!root.object("data").has("dataset")) return {};
    const DatasetInfo& info = find_dataset(root.object("data").text("dataset"));
    return {info.image, info.classes(), info.classes()};
  }
  if (root.in_file("classes") && root.in_file("outputs")) {
    root.mistake(mistakes, "outputs", R"(a model has either "classes" or "outputs")");
  } else if (!root.in_file("input") || !(root.in_file("classes") || root.in_file("outputs"))) {
    root.mistake(mistakes, "",
                 data || root.in_file("data")
                     ? R"(give the "input", and either "classes" or "outputs")"
                     : R"(the data are not described: give "data" with a "dataset", or "input" )"
                       R"(and either "classes" or "outputs")");
  }
  Ends ends{.input = given_input(root, mistakes)};
  root.read("classes", ends.classes);
  ends.outputs = ends.classes;
  root.read("outputs", ends.outputs);
  return ends;
}

/// Checks that the validation images leave images to train on.
void check_data(const Fields& data, Mistakes& mistakes) {
  if (data.in_file("dataset") == data.in_file("file")) {
    data.mistake(mistakes, "", R"(must have either "dataset" or "file")");
  }
  if (data.has("file") && !is_array_file(data.text("file"))) {
    data.mistake(mistakes, "file", array_file_mistake(data.text("file")));
  }
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
  if (!training.has("checkpoint") || is_array_file(training.text("checkpoint"))) return;
  training.mistake(mistakes, "checkpoint", array_file_mistake(training.text("checkpoint")));
}

/// Checks that the loss can compare outputs with the targets.
void check_loss(const Fields& root, const Ends& ends, Mistakes& mistakes) {
  if (!root.has("loss") || ends.outputs == 0 || ends.classes > 0) return;
  const LossType& loss = loss_type(root.object("loss"));
  if (loss.real_targets) return;
  root.mistake(mistakes, "loss",
               text::concat("is ", loss.object.name,
                            ", which is for \"classes\"; a model with \"outputs\" needs "
                            "mean_squared_error or huber"));
}

/// Checks that there are as many outputs as the data need, and no activation that the loss applies
/// itself.
void check_output(const Fields& root, const Ends& ends, const std::vector<Layer>& graph,
                  Mistakes& mistakes) {
  const Layer& last = graph.back();
  if (last.output.rank() == 0 || ends.outputs == 0) return;  // unknown
  if (last.output.size() != ends.outputs) {
    last.fields->mistake(
        mistakes, "",
        text::concat("the last layer, \"", last.name, "\", gives ", last.output, ", but ",
                     ends.classes > 0 ? "the data have " : "the model has ", ends.outputs,
                     ends.classes > 0 ? " classes" : " \"outputs\"", ", so it must give [",
                     ends.outputs, "]"));
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

ModelParts read_model(std::string_view text, const std::string& file,
                      std::span<const std::string> settings) {
  Mistakes mistakes(file);
  JsonValue json = read_json(text, mistakes);
  if (json.kind == JsonValue::Kind::object) set_values(json, settings, mistakes);
  const FieldsPtr root = read_fields(json, "", model_format(), mistakes);
  if (json.kind != JsonValue::Kind::object) mistakes.throw_if_any();

  ModelParts model;
  const Ends ends = read_ends(*root, mistakes);
  if (root->has("data")) check_data(root->object("data"), mistakes);
  if (root->has("training")) check_training(root->object("training"), mistakes);
  if (root->has("layers")) {
    model.graph = build_graph(root->get<std::vector<FieldsPtr>>("layers"), ends.input, mistakes);
    check_output(*root, ends, model.graph, mistakes);
  }
  check_loss(*root, ends, mistakes);
  mistakes.throw_if_any();

  model.name = root->has("name") ? root->text("name") : std::filesystem::path(file).stem().string();
  model.text = settings.empty() ? std::string(text) : json_text(json);
  model.file = file;
  model.settings.assign(settings.begin(), settings.end());
  model.data.dataset.clear();
  if (root->has("data")) model.data = data_spec(root->object("data"));
  model.training = training_settings(root->object("training"));
  model.exact = root->flag("exact");
  model.loss = root->get<FieldsPtr>("loss");
  model.input = ends.input;
  model.classes = ends.classes;
  model.outputs = ends.outputs;
  check_size(model.graph, model.training.batch_size, *root, mistakes);
  mistakes.throw_if_any();
  for (const Layer& layer : model.graph) {
    const bool fewer = layer.tokens > 0 && (model.tokens == 0 || layer.tokens < model.tokens);
    if (fewer) model.tokens = layer.tokens;
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
