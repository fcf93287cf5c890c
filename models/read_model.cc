#include "models/read_model.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "data/table.h"
#include "models/check_data.h"
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
  std::vector<std::string> class_names = {};
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

/// True if the model has data of one's own, from which its ends can be learnt.
bool data_tell_ends(const Fields& root) {
  return root.has("data") && (root.object("data").has("file") || root.object("data").has("folder"));
}

/// open: true if what the data tell may be missing.
Ends read_ends(const Fields& root, bool open, Mistakes& mistakes) {
  const bool data = root.has("data");
  if (data && root.object("data").in_file("dataset")) {
    for (const char* key : {"input", "classes", "outputs"}) {
      if (root.in_file(key)) {
        root.mistake(mistakes, key, "is already known from \"data\"; leave it out");
      }
    }
    if (!root.object("data").has("dataset")) return {};
    const DatasetInfo& info = find_dataset(root.object("data").text("dataset"));
    return {info.image, info.classes(), info.classes(), info.class_names};
  }
  if (root.in_file("classes") && root.in_file("outputs")) {
    root.mistake(mistakes, "outputs", R"(a model has either "classes" or "outputs")");
  } else if (!(open && data_tell_ends(root)) &&
             (!root.in_file("input") || !(root.in_file("classes") || root.in_file("outputs")))) {
    root.mistake(mistakes, "",
                 data || root.in_file("data")
                     ? R"(give the "input", and either "classes" or "outputs" (load_model() can )"
                       R"(learn "input" and "classes" from files of your own))"
                     : R"(the data are not described: give "data" with a "dataset", or "input" )"
                       R"(and either "classes" or "outputs")");
  }
  Ends ends{.input = given_input(root, mistakes)};
  if (root.has("classes")) {
    const FieldValue& classes = root.values.find("classes")->second;
    if (const auto* names = std::get_if<std::vector<std::string>>(&classes)) {
      ends.class_names = *names;
      ends.classes = std::ssize(*names);
    } else {
      ends.classes = std::get<Index>(classes);
    }
  }
  ends.outputs = ends.classes;
  root.read("outputs", ends.outputs);
  return ends;
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

/// Checks that the inputs are of a kind that "augment" can change.
void check_augment(const Fields& data, const Shape& input, const std::vector<Layer>& graph,
                   Mistakes& mistakes) {
  const Fields& augment = data.object("augment");
  const bool mixes = augment.in_file("mixup");
  if (input.rank() != 0 && input.rank() != 3 && std::ssize(augment.lines) > mixes) {
    data.mistake(mistakes, "augment",
                 text::concat("changes images [rows, columns, channels], but the model's input is ",
                              input, "; of its keys, only \"mixup\" is for other inputs"));
  }
  const auto layer = std::ranges::find_if(graph, [](const Layer& l) { return l.tokens > 0; });
  if (mixes && layer != graph.end()) {
    augment.mistake(mistakes, "mixup",
                    text::concat("takes means of inputs, but those of layer \"", layer->name,
                                 "\" are whole numbers, tokens; leave it out"));
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

namespace {

/// A text that was read and checked.
struct Reading {
  JsonValue json;
  FieldsPtr root;
  Ends ends = {};
  std::vector<Layer> graph = {};
};

/// Throws ModelError with all mistakes at once. open: true if what the data tell may be missing.
Reading read_text(std::string_view text, std::span<const std::string> settings, bool open,
                  Mistakes& mistakes) {
  JsonValue json = read_json(text, mistakes);
  if (json.kind == JsonValue::Kind::object) set_values(json, settings, mistakes);
  Reading reading{.json = json, .root = read_fields(json, "", model_format(), mistakes)};
  if (json.kind != JsonValue::Kind::object) mistakes.throw_if_any();
  const Fields& root = *reading.root;
  reading.ends = read_ends(root, open, mistakes);
  if (root.has("data")) check_data(root.object("data"), mistakes);
  if (root.has("training")) check_training(root.object("training"), mistakes);
  if (root.has("layers")) {
    reading.graph =
        build_graph(root.get<std::vector<FieldsPtr>>("layers"), reading.ends.input, mistakes);
    check_output(root, reading.ends, reading.graph, mistakes);
  }
  check_loss(root, reading.ends, mistakes);
  if (root.has("outputs") && root.has("data") && root.object("data").has("stratified") &&
      root.object("data").flag("stratified")) {
    root.object("data").mistake(mistakes, "stratified",
                                "is for a model with \"classes\", but this one has \"outputs\"; "
                                "leave it out");
  }
  if (root.has("data") && root.object("data").has("augment")) {
    check_augment(root.object("data"), reading.ends.input, reading.graph, mistakes);
  }
  mistakes.throw_if_any();
  return reading;
}

}  // namespace

std::optional<OpenEnds> open_ends(std::string_view text, const std::string& file,
                                  std::span<const std::string> settings) {
  Mistakes mistakes(file);
  const Reading reading = read_text(text, settings, true, mistakes);
  const Fields& root = *reading.root;
  OpenEnds ends{.data = {},
                .input = root.in_file("input"),
                .targets = root.in_file("classes") || root.in_file("outputs"),
                .outputs = root.has("outputs") ? reading.ends.outputs : 0,
                .class_names = reading.ends.class_names};
  if (!data_tell_ends(root) || (ends.input && ends.targets)) return std::nullopt;
  ends.data = data_spec(root.object("data"));
  return ends;
}

ModelParts read_model(std::string_view text, const std::string& file,
                      std::span<const std::string> settings) {
  Mistakes mistakes(file);
  Reading reading = read_text(text, settings, false, mistakes);
  const FieldsPtr& root = reading.root;
  const Ends& ends = reading.ends;
  ModelParts model;
  model.graph = std::move(reading.graph);
  model.name = root->has("name") ? root->text("name") : std::filesystem::path(file).stem().string();
  model.text = settings.empty() ? std::string(text) : json_text(reading.json);
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
  model.class_names = ends.class_names;
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
  // Reading a pipe or a device might never end.
  if (std::filesystem::exists(path, unknown) && !std::filesystem::is_regular_file(path, unknown)) {
    throw ModelError(path + ": is not a regular file; write the model to a file");
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
