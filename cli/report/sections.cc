#include "cli/report/sections.h"

#include <algorithm>

#include "autonet/train/predictor.h"
#include "cli/confusion.h"
#include "cli/contact_sheet.h"
#include "cli/report/encode.h"

namespace autonet::cli {
namespace {

constexpr Index kMostMistakes = 40;
constexpr Index kMostImageBytes = 300'000;  // of all mistakes
constexpr int kBins = 10;                   // of the reliability diagram

/// For each tenth of the confidence: {"count": …, "confidence": mean, "accuracy": …}.
Json calibration_json(const Judgement& judgement) {
  struct Bin {
    Index count = 0;
    Index right = 0;
    double confidence = 0.0;
  };
  std::vector<Bin> bins(kBins);
  for (size_t n = 0; n < judgement.confidences.size(); ++n) {
    const double confidence = judgement.confidences[n];
    Bin& bin =
        bins[static_cast<size_t>(std::clamp(static_cast<int>(confidence * kBins), 0, kBins - 1))];
    ++bin.count;
    bin.right += judgement.right[n] ? 1 : 0;
    bin.confidence += confidence;
  }
  Json json = Json::array();
  for (const Bin& bin : bins) {
    const double count = std::max(1.0, static_cast<double>(bin.count));
    json.push_back({{"count", bin.count},
                    {"confidence", rounded(bin.confidence / count)},
                    {"accuracy", rounded(static_cast<double>(bin.right) / count)}});
  }
  return json;
}

Json mistakes_json(const Model& model, const Splits& data, const NamedPart& part,
                   const Judgement& judgement) {
  Json json = Json::array();
  if (model.input_shape().rank() != 3 || judgement.mistakes.empty()) return json;
  const PixelRange range = pixel_range(model.data(), data, part.examples);
  const Index most = std::min({kMostMistakes, std::ssize(judgement.mistakes),
                               kMostImageBytes / std::max<Index>(1, model.input_shape().size())});
  for (const Mistake& mistake : std::span(judgement.mistakes).first(static_cast<size_t>(most))) {
    const Picture picture = picture_of(part.examples, mistake.example, range);
    json.push_back({{"rows", picture.rows},
                    {"cols", picture.cols},
                    {"channels", picture.channels},
                    {"bytes", base64(picture.pixels)},
                    {"truth", judgement.names[static_cast<size_t>(mistake.truth)]},
                    {"predicted", judgement.names[static_cast<size_t>(mistake.predicted)]},
                    {"output", rounded(mistake.output)}});
  }
  return json;
}

}  // namespace

Json judgement_json(const Model& model, const Splits& data, const NamedPart& part,
                    const Judgement& judgement) {
  Json json = to_json(judgement);
  json["mistakes"] = mistakes_json(model, data, part, judgement);
  json["mistakes_in_all"] = judgement.mistakes.size();
  json["calibration"] = nullptr;
  if (model.loss_key() == "cross_entropy") json["calibration"] = calibration_json(judgement);
  return json;
}

Json regression_json(const Model& model, const NamedPart& part, const Weights& weights,
                     Context& context) {
  const Index count = std::min<Index>(part.examples.count(), 500);
  if (count == 0) return nullptr;
  const Examples first = internal::piece_of(part.examples, 0, count);
  const std::vector<double> outputs = predict(model, weights, first.x, context).outputs.to_vector();
  const std::vector<double> targets = first.y.numbers().to_vector();
  Json pairs = Json::array();
  for (Index n = 0; n < count; ++n) {
    const auto at = static_cast<size_t>(n * model.outputs());
    pairs.push_back({rounded(targets[at]), rounded(outputs[at])});
  }
  return {{"part", part.name}, {"pairs", pairs}, {"outputs", model.outputs()}};
}

Json layers_json(const Model& model) {
  Json json = Json::array();
  for (const LayerInfo& layer : model.layers()) {
    json.push_back({{"name", layer.name},
                    {"type", layer.type},
                    {"inputs", layer.inputs},
                    {"output", to_json(layer.output)},
                    {"units", layer.units},
                    {"connections", layer.connections},
                    {"weights", layer.weights},
                    {"biases", layer.biases},
                    {"multiply_adds", layer.multiply_adds}});
  }
  return json;
}

}  // namespace autonet::cli
