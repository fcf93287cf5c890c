// The examples of a report: values and gradients of all layers.
#include <algorithm>

#include "cli/report/anatomy.h"
#include "cli/report/encode.h"
#include "cli/report/sections.h"

namespace autonet::cli {
namespace {

constexpr Index kMostExamples = 3;
constexpr Index kMostNumbers = 300'000;       // of all examples: 1.6 MB in base64
constexpr Index kMostWeightNumbers = 60'000;  // of the kernels and their gradients

/// The first example of each of up to kMostExamples classes; in regression the first ones.
std::vector<Index> chosen_examples(const Model& model, const Examples& examples) {
  std::vector<Index> chosen;
  std::vector<double> seen;
  const Index searched = std::min<Index>(examples.count(), 1000);
  const std::vector<double> labels = internal::targets_of(examples);
  for (Index n = 0; n < searched && std::ssize(chosen) < kMostExamples; ++n) {
    const double label = model.classes() > 0 ? labels[static_cast<size_t>(n)] : double(n);
    if (std::ranges::find(seen, label) != seen.end()) continue;
    seen.push_back(label);
    chosen.push_back(n);
  }
  return chosen;
}

/// The first `channels` entries along the last axis.
Array first_channels(const Array& array, Index channels) {
  if (array.rank() == 0) return array;
  return array.slice(-1, 0, std::min(channels, array.shape()[array.rank() - 1]));
}

bool is_image(const Shape& shape) {
  return shape.rank() == 3;
}

/// How many numbers are kept of an output: all, or the first `channels` of an image.
Index kept_size(const Shape& shape, Index channels) {
  return is_image(shape) ? shape[0] * shape[1] * std::min(shape[2], channels) : shape.size();
}

Json numbers_json(const LayerNumbers& numbers, Index channels) {
  const bool image = is_image(numbers.values.shape());
  const Array values = image ? first_channels(numbers.values, channels) : numbers.values;
  const Array gradients = image ? first_channels(numbers.gradients, channels) : numbers.gradients;
  return {{"shape", to_json(numbers.values.shape())},
          {"kept", to_json(values.shape())},
          {"values", floats(values)},
          {"gradients", floats(gradients)}};
}

Json axis_json(const AxisWindow& axis) {
  return {{"stride", axis.stride}, {"dilation", axis.kernel_dilation}, {"lo", axis.lo}};
}

Json convolution_json(const ConvolutionNumbers& numbers) {
  return {{"layer", numbers.layer},
          {"input", numbers.input},
          {"rows", axis_json(numbers.window.rows)},
          {"cols", axis_json(numbers.window.cols)},
          {"groups", numbers.window.groups},
          {"forward", numbers.forward},
          {"for_input", numbers.for_input},
          {"for_weights", numbers.for_weights},
          {"shape", to_json(numbers.weights.shape())},
          {"weights", floats(numbers.weights)},
          {"bias", numbers.bias.has_data() ? Json(floats(numbers.bias)) : Json(nullptr)}};
}

}  // namespace

Json examples_json(const Model& model, const Splits& data, const NamedPart& part,
                   const Weights& weights) {
  std::vector<Index> chosen = chosen_examples(model, part.examples);
  if (chosen.empty()) return nullptr;
  // A layer's values, gradients, and with a convolution the gradients before the activation.
  const auto size_of = [&](Index channels) {
    Index sum = 2 * kept_size(model.input_shape(), channels);
    for (const LayerInfo& layer : model.layers()) sum += 3 * kept_size(layer.output, channels);
    return sum;
  };
  Index channels = 1 << 16;
  while (channels > 1 && size_of(channels) > kMostNumbers) channels /= 2;
  const Index fit = kMostNumbers / std::max<Index>(1, size_of(channels));
  if (fit == 0) return nullptr;
  chosen.resize(std::min(chosen.size(), static_cast<size_t>(fit)));

  Json json = {{"part", part.name}, {"convolutions", Json::array()}, {"examples", Json::array()}};
  const std::vector<std::string> names = class_names_of(model, data);
  for (const Index n : chosen) {
    const Anatomy anatomy = anatomy_of(model, weights, part.examples, n);
    Json layers = Json::array({numbers_json(anatomy.input, channels)});
    for (const LayerNumbers& numbers : anatomy.layers)
      layers.push_back(numbers_json(numbers, channels));
    Json ybars = Json::array();
    Json wbars = Json::array();
    Index room = kMostWeightNumbers;
    const bool first = json["examples"].empty();
    for (const ConvolutionNumbers& numbers : anatomy.convolutions) {
      const Index deepest =
          std::max(numbers.output_gradients.shape()[2], numbers.weights.shape()[2]);
      // Sums can be shown only where all channels and all weights are in the page.
      if (deepest * numbers.window.groups > channels || numbers.weights.size() > room) continue;
      room -= numbers.weights.size();
      if (first) json["convolutions"].push_back(convolution_json(numbers));
      ybars.push_back(floats(numbers.output_gradients));
      wbars.push_back(floats(numbers.weight_gradients));
    }
    Json predictions = Json::array();
    for (const double number : anatomy.predictions) predictions.push_back(rounded(number));
    if (predictions.size() > 1000) predictions = Json::array();
    const double number = internal::piece_of(part.examples, n, 1).y.numbers().to_vector().at(0);
    const Json target =
        model.classes() > 0 ? Json(names[static_cast<size_t>(number)]) : rounded(number);
    json["examples"].push_back({{"number", n},
                                {"target", target},
                                {"loss", rounded(anatomy.loss)},
                                {"predictions", predictions},
                                {"layers", layers},
                                {"ybars", ybars},
                                {"wbars", wbars}});
  }
  return json;
}

}  // namespace autonet::cli
