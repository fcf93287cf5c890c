// A step of training or evaluation leaves nothing behind that changes another one.
#include "train/step.h"

#include <doctest/doctest.h>

#include <cstring>
#include <string>
#include <vector>

#include "autonet/autograd/error.h"
#include "autonet/autograd/tape.h"
#include "autonet/ops/conv2d.h"
#include "data/images.h"

namespace autonet::internal {
namespace {

constexpr Index kBatch = 4;

/// A model whose one convolution is computed by Winograd's algorithm unless `exact`.
Model one_convolution(bool exact) {
  return Model::parse(std::string(R"({ "input": [16,16,32], "classes": 4, "layers": [
    { "name": "conv", "type": "conv2d", "channels": 32, "kernel": 3, "padding": 1 },
    { "name": "output", "type": "linear", "units": 4 } ], "exact": )") +
                          (exact ? "true" : "false") + " }",
                      "m.json");
}

Examples pixels(std::int32_t label) {
  Images images{kBatch, 16, 16, 32, {}, {}};
  for (Index i = 0; i < kBatch * images.image_size(); ++i) {
    images.pixels.push_back(static_cast<float>(i % 101) / 25.0F - 2.0F);
  }
  images.labels.assign(kBatch, label);
  return examples_of(std::move(images));
}

/// A step of the model, on images that all have this label.
void run_step(const Model& model, Context& context, std::int32_t label) {
  const Weights weights = model.initial_weights(DType::f32, 1);
  ModelProgram program(model, context, kBatch, Model::Mode::training, weights, 1);
  program.run(pixels(label), std::vector<Index>{0, 1, 2, 3}, 0);
}

/// A convolution that no model has recorded.
Array convolution(Context& context) {
  Tape tape(context);
  const Array images = pixels(0).x;
  const Var x = tape.variable(images);
  const Var w = tape.variable(
      images.reshape({images.size()}).slice(0, 0, 9 * 32 * 32).reshape({3, 3, 32, 32}));
  return conv2d(x, w, padded(1)).value().clone();
}

}  // namespace

TEST_CASE("a step that throws does not change the arithmetic of what runs next") {
  for (const bool exact : {false, true}) {
    CAPTURE(exact);
    Context fresh;
    const Array expected = convolution(fresh);
    Context context;
    CHECK_THROWS_AS(run_step(one_convolution(exact), context, 7), Error);  // no class has label 7
    const Array after = convolution(context);
    CHECK(std::memcmp(after.raw(), expected.raw(), expected.type().bytes()) == 0);
  }
}

}  // namespace autonet::internal
