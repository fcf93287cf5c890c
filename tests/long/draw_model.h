#pragma once

#include <array>
#include <string>

#include "autonet/autograd/random.h"
#include "autonet/autograd/shape.h"
#include "autonet/text/concat.h"

namespace autonet::internal {

struct DrawnModel {
  std::string text;  // of a model.json
  Index batch = 0;
};

/// Model `number`: convolutions with odd kernels, strides, paddings, dilations and groups, pooling,
/// normalisation, dropout, activations, branches, then dense layers. `method` is that of all
/// convolutions. Some do not exist, as a kernel does not fit.
inline DrawnModel draw_model(std::uint64_t number, const std::string& method) {
  Random random(number, stream_of("draw_model"));
  const auto among = [&](Index count) {
    return static_cast<Index>(random.below(static_cast<std::uint64_t>(count)));
  };
  const auto chance = [&](double share) { return random.uniform() < share; };
  const auto one_of = [&](const auto& list) {
    return list[static_cast<size_t>(among(std::ssize(list)))];
  };
  static constexpr std::array kActivations = {"relu", "tanh", "sigmoid", "gelu", "elu", "softplus"};
  static constexpr std::array kStrides = {"1", "1", "2", "[1, 2]"};
  static constexpr std::array kPaddings = {"0", "1", "\"same\"", "[[0, 2], [1, 0]]"};
  static constexpr std::array kDilations = {"1", "1", "1", "2"};
  static constexpr std::array kBatches = {1, 3, 8, 26, 50};

  std::string layers;
  Index count = 0;
  const auto add = [&](const std::string& fields) {
    layers +=
        text::concat(layers.empty() ? "" : ",\n", "{\"name\": \"l", ++count, "\", ", fields, "}");
  };
  const auto activation = [&] {
    return chance(0.75) ? text::concat(", \"activation\": \"", one_of(kActivations), "\"")
                        : std::string();
  };
  const std::array<Index, 3> image = {4 + among(9), 4 + among(9), 1 + among(3)};
  Index channels = image[2];
  if (chance(0.8)) {
    for (Index left = 1 + among(3); left > 0; --left) {
      switch (among(8)) {
        case 0:
          add(text::concat(R"("type": "max_pool2d", "kernel": 2, "stride": )", 1 + among(2)));
          break;
        case 1:
          add(text::concat(R"("type": "avg_pool2d", "kernel": 2, "stride": )", 1 + among(2)));
          break;
        case 2:
          add(R"("type": "batch_norm")");
          break;
        case 3:
          // Of one channel, it would make all numbers zero but for rounding.
          add(channels > 1 ? R"("type": "layer_norm")" : R"("type": "batch_norm")");
          break;
        default:
          channels = 1 + among(9);
          add(text::concat(R"("type": "conv2d", "channels": )", channels, ", \"kernel\": [",
                           1 + among(4), ", ", 1 + among(4), "], \"stride\": ", one_of(kStrides),
                           ", \"padding\": ", one_of(kPaddings), ", \"dilation\": ",
                           one_of(kDilations), ", \"method\": \"", method, "\"", activation()));
      }
    }
    if (chance(0.2)) add(R"("type": "global_avg_pool")");
  }
  for (Index left = among(3); left > 0; --left) {
    add(text::concat(R"("type": "linear", "units": )", 1 + among(40), activation()));
    if (chance(0.2)) add(R"("type": "batch_norm")");
    if (chance(0.2)) add(R"("type": "dropout", "rate": 0.3)");
  }
  const Index classes = 2 + among(9);
  add(text::concat(R"("type": "linear", "units": )", classes));
  const std::string loss = chance(0.7) ? "softmax_cross_entropy" : "mean_squared_error";
  const Index batch = one_of(kBatches);
  return {
      text::concat("{\"name\": \"random_", number, "\", \"input\": [", text::joined(image, ", "),
                   "], \"classes\": ", classes, ",\n\"layers\": [", layers, "],\n\"loss\": \"",
                   loss, "\", \"training\": {\"epochs\": 1, \"batch_size\": 8}}"),
      batch};
}

}  // namespace autonet::internal
