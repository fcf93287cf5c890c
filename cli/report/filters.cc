#include "cli/report/filters.h"

#include <algorithm>

#include "cli/report/encode.h"

namespace autonet::cli {
namespace {

constexpr Index kMostFilters = 64;
constexpr Index kMostBytes = 300'000;  // before base64, which adds a third

}  // namespace

Filters::Filters(const Model& model) {
  if (model.input_shape().rank() != 3 || model.tokens() > 0) return;
  for (const LayerInfo& layer : model.layers()) {
    const bool reads_image = layer.inputs == std::vector<std::string>{"input"};
    if (!reads_image || (layer.type != "conv2d" && layer.type != "linear")) continue;
    const auto weight =
        std::ranges::find(model.parameters(), layer.name + "/weight", &Parameter::name);
    if (weight == model.parameters().end()) continue;
    const Shape& input = model.input_shape();
    const Shape& shape = weight->shape;
    all_ = shape[shape.rank() - 1];
    const Index shown = std::min(all_, kMostFilters);
    shape_ = layer.type == "linear" ? Shape{input[0], input[1], input[2], shown}
                                    : Shape{shape[0], shape[1], shape[2], shown};
    if (shape_.size() > kMostBytes / 2) return;
    most_ = static_cast<size_t>(std::clamp<Index>(kMostBytes / shape_.size(), 2, 60));
    layer_ = layer.name;
    parameter_ = weight - model.parameters().begin();
    return;
  }
}

void Filters::add(Index epoch, const Weights& weights) {
  if (!shown()) return;
  if (!epochs_.empty() && epochs_.back() % step_ != 0) {  // the newest is kept until the next
    epochs_.pop_back();
    images_.pop_back();
  }
  if (epochs_.size() >= most_) {  // keep every second of those so far
    step_ *= 2;
    size_t kept = 0;
    for (size_t i = 0; i < epochs_.size(); ++i) {
      if (epochs_[i] % step_ != 0) continue;
      epochs_[kept] = epochs_[i];
      images_[kept++] = images_[i];
    }
    epochs_.resize(kept);
    images_.resize(kept);
  }
  const Array& weight = weights.parameters[static_cast<size_t>(parameter_)];
  const Shape whole{shape_[0], shape_[1], shape_[2], all_};
  epochs_.push_back(epoch);
  images_.push_back(quantized(weight.reshape(whole).slice(3, 0, shape_[3])));
}

Json Filters::json() const {
  if (!shown() || epochs_.empty()) return nullptr;
  return {{"layer", layer_},
          {"shape", to_json(shape_)},
          {"of", all_},
          {"epochs", epochs_},
          {"images", images_}};
}

}  // namespace autonet::cli
