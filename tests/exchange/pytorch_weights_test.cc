// Weights in PyTorch's names and layouts: values by hand, round trips, and errors. python/tests
// compares with PyTorch itself.
#include "autonet/exchange/pytorch_weights.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "autonet/autograd/error.h"

namespace autonet {
namespace {

const char* const kModel = R"({
  "input": [2, 2, 3], "classes": 2,
  "layers": [
    {"name": "conv", "type": "conv2d", "channels": 2, "kernel": [1, 2], "padding": "same"},
    {"name": "out", "type": "linear", "units": 2}],
  "loss": "softmax_cross_entropy"})";

const Array& array_of(const ArrayFile& file, const std::string& name) {
  const auto found = std::ranges::find(file.arrays, name, &NamedArray::name);
  REQUIRE(found != file.arrays.end());
  return found->array;
}

void check_same(const Weights& a, const Weights& b) {
  REQUIRE(a.parameters.size() == b.parameters.size());
  for (size_t i = 0; i < a.parameters.size(); ++i)
    CHECK(a.parameters[i].to_vector() == b.parameters[i].to_vector());
  REQUIRE(a.states.size() == b.states.size());
  for (size_t i = 0; i < a.states.size(); ++i)
    CHECK(a.states[i].to_vector() == b.states[i].to_vector());
}

}  // namespace

TEST_CASE("kernels and flattened images are reordered") {
  const Model model = Model::parse(kModel, "m.json");
  const Weights weights = model.initial_weights(DType::f32, 3);
  const ArrayFile file = to_pytorch(model, weights);
  const Array& ours = weights.parameters[0];  // [1,2,3,2]
  const Array& theirs = array_of(file, "conv.weight");
  CHECK(theirs.shape() == Shape{2, 3, 1, 2});
  CHECK(theirs.at({1, 2, 0, 1}) == ours.at({0, 1, 2, 1}));
  const Array& matrix =
      array_of(file, "out.weight");  // pixel (r, c) of channel k is number 4 k + 2 r + c
  CHECK(matrix.shape() == Shape{2, 8});
  CHECK(matrix.at({1, 4 * 1 + 2 * 0 + 1}) == weights.parameters[2].at({(0 * 2 + 1) * 2 + 1, 1}));
  CHECK(array_of(file, "out.bias").to_vector() == weights.parameters[3].to_vector());
  CHECK(file.arrays.size() == 4);
}

TEST_CASE("what is written is read again, for every shipped model") {
  for (const char* name : {"logreg", "net_2layer", "convnet1", "convnet2", "cifar_vgg", "usps_best",
                           "mnist_best", "digits_lstm", "digits_attention"}) {
    INFO(name);
    const Model model = Model::load(std::string(AUTONET_SOURCE_DIR "/models/") + name + ".json");
    Weights weights = model.initial_weights(DType::f32, 5);
    for (Array& state : weights.states) state.fill(0.25);
    check_same(from_pytorch(model, to_pytorch(model, weights), "f"), weights);
  }
}

TEST_CASE("modules are found by order, with numbers counted by value, and by given names") {
  const Model model = Model::parse(kModel, "m.json");
  const Weights weights = model.initial_weights(DType::f32, 3);
  ArrayFile file = to_pytorch(model, weights);
  for (NamedArray& named : file.arrays) {
    const size_t dot = named.name.find('.');
    named.name = (named.name.starts_with("conv") ? "net.9" : "net.10") + named.name.substr(dot);
  }
  check_same(from_pytorch(model, file, "f"), weights);
  for (NamedArray& named : file.arrays)
    named.name.replace(0, named.name.find('.', 4), named.name[4] == '9' ? "zebra" : "ape");
  check_same(from_pytorch(model, file, "f", {{"conv", "zebra"}, {"out", "ape"}}), weights);
  CHECK_THROWS_AS(from_pytorch(model, file, "f"), ModelError);  // in order, the shapes do not fit
  CHECK_THROWS_WITH_AS(from_pytorch(model, file, "f", {{"pool", "ape"}}),
                       "no layer \"pool\" of the model has weights; there are conv, out",
                       ModelError);
}

TEST_CASE("missing arrays, arrays left over and other shapes are named together") {
  const Model model = Model::parse(kModel, "m.json");
  ArrayFile file = to_pytorch(model, model.initial_weights(DType::f32, 3));
  std::erase_if(file.arrays, [](const NamedArray& named) { return named.name == "conv.bias"; });
  file.arrays.push_back({"head.weight", Array::zeros({{4, 4}, DType::f32})});
  std::ranges::find(file.arrays, "out.bias", &NamedArray::name)->array =
      Array::zeros({{5}, DType::f32});
  CHECK_THROWS_WITH_AS(from_pytorch(model, file, "f"),
                       "f does not hold the weights of this model:\n"
                       "  conv.bias [2] is missing: the bias of layer \"conv\"\n"
                       "  out.bias has shape [5], but layer \"out\" needs [2]\n"
                       "  head.weight [4,4] belongs to no layer\n"
                       "To say which module a layer is: --module LAYER=MODULE",
                       ModelError);
}

TEST_CASE("layers without a counterpart are refused") {
  const Model lstm = Model::parse(R"({"input": [3, 2], "classes": 2, "layers": [
    {"name": "memory", "type": "lstm", "units": 2, "bias": false},
    {"name": "out", "type": "linear", "units": 2}], "loss": "softmax_cross_entropy"})",
                                  "m.json");
  CHECK_THROWS_WITH_AS(to_pytorch(lstm, lstm.initial_weights(DType::f32, 1)),
                       "lstm \"memory\" has no bias, so PyTorch has no place for its forget_bias; "
                       "set \"forget_bias\" to 0 or \"bias\" to true",
                       ModelError);
}

}  // namespace autonet
