// autonet predict: what a trained model says about pictures.
#include "autonet/train/predictor.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>

#include "autonet/autograd/error.h"
#include "autonet/text/concat.h"
#include "autonet/train/checkpoint.h"
#include "autonet/train/load_data.h"
#include "cli/called.h"
#include "cli/command.h"
#include "cli/json.h"
#include "cli/picture.h"
#include "cli/shared_options.h"
#include "cli/trained_model.h"
#include "data/own_data.h"
#include "data/table.h"
#include "text/numbers.h"
#include "text/table.h"
#include "train/array_formats.h"

namespace autonet::cli {
namespace {

struct Options {
  ModelChoice model;
  std::vector<std::string> files;
  std::string checkpoint;
  std::string data_dir;
  ImageViews views;
  bool json = false;
};

/// What the data say about their inputs: the range of a picture's 0 … 255, the normalization of its
/// channels, and the classes' names.
struct Meaning {
  float low = 0.0F;
  float high = 1.0F;
  Normalization normalization;
  std::vector<std::string> classes;
  bool resizes = false;  // true if pictures are resized to the size of the model's images
};

Meaning meaning_of(const Model& model, const std::string& data_dir) {
  Meaning meaning;
  const Shape& input = model.input_shape();
  const auto channels = static_cast<size_t>(input[input.rank() - 1]);
  meaning.normalization = {std::vector<float>(channels, 0.0F), std::vector<float>(channels, 1.0F)};
  if (model.data().dataset.empty()) {
    meaning.classes = model.class_names();
    meaning.resizes = model.data().size.has_value();
    for (Index k = std::ssize(meaning.classes); k < model.classes(); ++k)
      meaning.classes.push_back(text::concat("class ", k));
    const bool bytes = internal::has_bytes(model.data());
    if (bytes) meaning.high = 255.0F;
    const auto known =
        internal::own_normalization(model.data().normalize, bytes, input[input.rank() - 1]);
    meaning.normalization = known ? *known : load_data(model).normalization;
    return meaning;
  }
  const internal::DatasetInfo& info = internal::find_dataset(model.data().dataset);
  meaning.low = info.low;
  meaning.high = info.high;
  meaning.classes = info.class_names;
  const auto known = internal::fixed_normalization(model.data(), info);
  meaning.normalization = known ? *known : load_splits(model.data(), {data_dir}).normalization;
  return meaning;
}

/// A picture as an image of the model, [1,rows,columns,channels].
Array image_of(const std::string& file, const Shape& shape, const Meaning& meaning) {
  if (shape.rank() != 3) {
    throw DataError(text::concat("predict: ", file, ": the model reads arrays ", shape,
                                 ", not pictures; give an .npz or .safetensors file"));
  }
  const std::array<Index, 3> size = internal::picture_size(file);  // before it is unpacked
  const Index channels = shape[2];
  const bool same = size[0] == shape[0] && size[1] == shape[1];
  if ((!same && !meaning.resizes) || (channels != 1 && channels != 3)) {
    throw DataError(text::concat("predict: ", file, " is ", Shape{size[0], size[1], size[2]},
                                 " but the model needs ", shape,
                                 " (rows, columns, channels); scale it first"));
  }
  const Picture picture = read_picture(file);
  const std::vector<float> bytes = same
                                       ? internal::with_channels(picture, channels)
                                       : internal::resized(picture, {shape[0], shape[1]}, channels);
  Array image = Array::uninitialized({{1, shape[0], shape[1], channels}, DType::f32});
  float* x = image.data<float>();
  for (size_t i = 0; i < bytes.size(); ++i) {
    const size_t k = i % meaning.normalization.mean.size();
    const float number = meaning.low + bytes[i] / 255.0F * (meaning.high - meaning.low);
    x[i] = (number - meaning.normalization.mean[k]) / meaning.normalization.scale[k];
  }
  return image;
}

/// The inputs in a file: one of a picture, or all of an array [N,…] that is alone in an .npz or
/// .safetensors file and holds what the model sees, normalized.
Array inputs_of(const std::string& file, const Model& model, const Meaning& meaning) {
  const Shape& shape = model.input_shape();
  if (!file.ends_with(".npz") && !file.ends_with(".safetensors"))
    return image_of(file, shape, meaning);
  std::vector<Shape> shapes;
  const ArrayFile content =
      internal::load_chosen_arrays(file, [&](const std::string&, const ArrayType& type) {
        shapes.push_back(type.shape);
        const Index n = type.shape.rank() > 0 ? type.shape[0] : 0;
        return type.shape == shape || type.shape == model.batch_shape(n);
      });
  if (shapes.size() != 1) {
    throw DataError(text::concat("predict: ", file, " holds ", shapes.size(),
                                 " arrays; it must hold one, the inputs"));
  }
  if (content.arrays.empty()) {
    throw DataError(text::concat("predict: the inputs in ", file, " are ", shapes[0],
                                 " but the model ", model.name(), " needs ", shape, " or [N,",
                                 shape.str().substr(1)));
  }
  const Array& inputs = content.arrays[0].array;
  return inputs.shape() == shape ? inputs.reshape(model.batch_shape(1)) : inputs;
}

/// Throws Error if an output is not finite.
void check_finite(const Prediction& prediction, const std::string& file) {
  const std::vector<double> outputs = prediction.outputs.to_vector();
  const auto bad = std::ranges::find_if(outputs, [](double v) { return !std::isfinite(v); });
  if (bad == outputs.end()) return;
  const Index place = bad - outputs.begin();
  const Index columns = prediction.outputs.shape()[1];
  throw Error(text::concat("predict: ", file, ": output ", place % columns, " of input ",
                           place / columns, " is ", *bad,
                           ", as a number is too large to compute with; the weights are of a run "
                           "that diverged or the input is too large"));
}

/// The numbers of the classes by falling output.
std::vector<Index> by_output(const Array& outputs, Index row) {
  std::vector<Index> order(static_cast<size_t>(outputs.shape()[1]));
  std::iota(order.begin(), order.end(), Index{0});
  std::ranges::stable_sort(order, std::ranges::greater(), [&](Index k) {
    return outputs.at({row, k});
  });
  return order;
}

ExitStatus run(const Options& options, Console& console) {
  const Model model = load_model(options.model.name, options.model.settings);
  internal::check_views(model, options.views, "--average");
  const Weights weights = weights_of(model, checkpoint_of(model, options.checkpoint));
  const Meaning meaning = meaning_of(model, options.data_dir);
  Context context;
  Json json = Json::array();
  const std::string noun = input_noun(model);
  const bool regression = model.classes() == 0;
  text::Table table(regression ? std::vector<std::string>{noun, "outputs"}
                               : std::vector<std::string>{noun, "first", "second", "third"});
  const bool probabilities = model.loss_key() == "cross_entropy";
  for (const std::string& file : options.files) {
    const Array inputs = inputs_of(file, model, meaning);
    const Prediction prediction = predict(model, weights, inputs, context, options.views);
    check_finite(prediction, file);
    for (Index n = 0; n < inputs.shape()[0]; ++n) {
      const std::string name = inputs.shape()[0] == 1 ? file : text::concat(file, " [", n, "]");
      if (regression) {
        const std::vector<double> outputs = prediction.outputs.slice(0, n, 1).to_vector();
        std::string shown;
        for (const double output : outputs) shown += "  " + text::significant(output, 6);
        table.add({name, shown.substr(2)});
        json.push_back({{noun, name}, {"outputs", outputs}});
        continue;
      }
      const std::vector<Index> order = by_output(prediction.outputs, n);
      Json outputs = Json::object();
      std::vector<std::string> cells = {name};
      for (Index place = 0; place < std::ssize(order); ++place) {
        const Index k = order[static_cast<size_t>(place)];
        const std::string& label = meaning.classes[static_cast<size_t>(k)];
        const double output = prediction.outputs.at({n, k});
        outputs[label] = output;
        if (place < 3) {
          cells.push_back(text::concat(
              label, "  ", probabilities ? text::percent(output) : text::fixed(output, 4)));
        }
      }
      cells.resize(4);
      table.add(cells);
      const Index best = prediction.classes[static_cast<size_t>(n)];
      json.push_back({{noun, name},
                      {"class", best},
                      {"name", meaning.classes[static_cast<size_t>(best)]},
                      {probabilities ? "probabilities" : "outputs", outputs}});
    }
  }
  console.print(options.json ? indented(json) : table.text());
  return ExitStatus::good;
}

}  // namespace

void add_predict(CLI::App& program, Action& action) {
  auto [command, options] =
      add_command(program, action, "predict",
                  "Show what a trained model says about images or other inputs", run);
  add_model(command, options.model);
  command.add_option("INPUTS", options.files, "Pictures (PNG, JPEG, PGM, PPM) or arrays (.npz)")
      ->required()
      ->type_name("");
  add_file(command, "--checkpoint", options.checkpoint,
           "Weights, .npz or .safetensors (default: the model's checkpoint)");
  add_data_dir(command, options.data_dir);
  add_average(command, options.views);
  add_json(command, options.json);
  command.footer(
      "A picture must have the size of the model's images, unless the model's data have a "
      "\"size\";\n"
      "grey and colour are converted. Black to white becomes the range of the data set's numbers.\n"
      "An array file holds one array of normalized numbers, [N,rows,columns,channels] or\n"
      "[N,features].\n\n"
      "Example:\n"
      "  autonet predict models/quickstart.json digit.png --json");
}

}  // namespace autonet::cli
