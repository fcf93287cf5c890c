#include <doctest/doctest.h>

#include <algorithm>

#include "scratch_model.h"

namespace autonet {
namespace {

/// The error of a model with this layer before a linear one, without file and line.
std::string layer_error(const std::string& layer) {
  const std::string text =
      model_error(model_text(layer + ",\n{\"type\": \"linear\", \"units\": 10}"));
  const std::string start = "m.json:3: ";
  return text.starts_with(start) ? text.substr(start.size()) : text;
}

/// The error of a model with this "training", without file and line.
std::string training_error(const std::string& training) {
  const std::string text = model_error(
      "{\"input\": [2,2,1], \"classes\": 2, \"layers\": [{\"type\": \"linear\", \"units\": 2}],\n"
      "\"training\": " +
      training + "}");
  const std::string start = "m.json:2: ";
  return text.starts_with(start) ? text.substr(start.size()) : text;
}

TEST_CASE("unknown keys and types") {
  CHECK(layer_error(R"({"type": "conv", "channels": 3})") ==
        "/layers/0/type: unknown layer \"conv\"; did you mean \"conv2d\"?");
  CHECK(layer_error(R"({"type": "linear", "unit": 3, "units": 3})") ==
        "/layers/0/unit: unknown key; did you mean \"units\"?");
  CHECK(layer_error(R"({"type": "linear", "units": 3, "learning_rate_facter": 1})") ==
        "/layers/0/learning_rate_facter: unknown key; did you mean \"learning_rate_factor\"?");
  CHECK(layer_error(R"({"type": "linear", "units": 3, "decay_factor": -1})") ==
        "/layers/0/decay_factor: must be at least 0, got -1");
  CHECK(layer_error(R"({"type": "flatten", "momentum": 3})") ==
        "/layers/0/momentum: unknown key; known: name, type, inputs, recompute");
  CHECK(layer_error(R"({"units": 3})") == "/layers/0: \"type\" is missing: which layer it is");
  CHECK(layer_error(R"({"type": 3})") == "/layers/0/type: must be the name of a layer, got 3");
  CHECK(layer_error("3") == "/layers/0: must be an object, got 3");
}

TEST_CASE("values of the wrong kind or out of range") {
  CHECK(layer_error(R"({"type": "linear"})") ==
        "/layers/0: \"units\" is missing: the number of outputs");
  CHECK(layer_error(R"({"type": "linear", "units": 0})") ==
        "/layers/0/units: must be at least 1, got 0");
  CHECK(layer_error(R"({"type": "linear", "units": 1e18})") ==
        "/layers/0/units: must be at most 16777216, got 1e+18");
  CHECK(layer_error(R"({"type": "linear", "units": 2.5})") ==
        "/layers/0/units: must be a whole number, got 2.5");
  CHECK(layer_error(R"({"type": "linear", "units": "many"})") ==
        "/layers/0/units: must be a whole number, got \"many\"");
  CHECK(layer_error(R"({"type": "linear", "units": 3, "bias": 1})") ==
        "/layers/0/bias: must be true or false, got 1");
  CHECK(layer_error(R"({"type": "linear", "units": 3, "activation": "rleu"})") ==
        "/layers/0/activation: unknown activation \"rleu\"; did you mean \"relu\"?");
  CHECK(layer_error(R"({"type": "linear", "units": 3, "name": "a/b"})") ==
        "/layers/0/name: must be 1 to 64 letters, digits, \"_\", \".\" or \"-\", not "
        "starting with \".\" or \"-\", got \"a/b\"");
  CHECK(layer_error(R"({"type": "linear", "units": 3, "name": "input"})") ==
        "/layers/0/name: \"input\" is the name of the image; choose another");
  CHECK(layer_error(R"({"type": "elu", "alpha": true})") ==
        "/layers/0/alpha: must be a number, got true");
  CHECK(layer_error(R"({"type": "layer_norm", "epsilon": 0})") ==
        "/layers/0/epsilon: must be above 0, got 0");
}

TEST_CASE("kernels, strides and padding") {
  const std::string conv = R"({"type": "conv2d", "channels": 2, "kernel": )";
  CHECK(layer_error(conv + "[3]}") ==
        "/layers/0/kernel: must be a whole number or [rows, columns], got [3]");
  CHECK(layer_error(conv + "[3, 0]}") == "/layers/0/kernel/1: must be at least 1, got 0");
  CHECK(layer_error(conv + "3, \"stride\": 0}") == "/layers/0/stride: must be at least 1, got 0");
  CHECK(layer_error(conv + "3, \"padding\": \"sane\"}") ==
        "/layers/0/padding: must be a whole number, [rows, columns], [[top, bottom], [left, "
        "right]], \"same\" or \"valid\", got \"sane\"");
  CHECK(layer_error(conv + "3, \"padding\": [[1, 2], 3]}") ==
        "/layers/0/padding/1: must be [left, right], got 3");
  CHECK(layer_error(conv + "9}") ==
        "/layers/0/kernel: does not fit: with its dilation it spans 9 rows, but the input with its "
        "padding has 8 (0 + 8 + 0); \"input\" gives [8,8,3]");
  CHECK(layer_error(conv + "3, \"padding\": [0, -3]}") ==
        "/layers/0/kernel: does not fit: with its dilation it spans 3 columns, but the input with "
        "its "
        "padding has 2 (-3 + 8 + -3); \"input\" gives [8,8,3]");
  CHECK(layer_error(conv + "3, \"groups\": 2}") ==
        "/layers/0/groups: 2 must divide the 3 input channels and the 2 output channels; \"input\" "
        "gives [8,8,3]");
  CHECK(layer_error(R"({"type": "max_pool2d", "kernel": 2, "padding": 2})") ==
        "/layers/0/padding: must be smaller than the kernel, got margins 2 and 2 for a kernel of "
        "2");
}

TEST_CASE("initialisers") {
  const std::string linear = R"({"type": "linear", "units": 3, "init": )";
  CHECK(layer_error(linear + "\"hee\"}") ==
        "/layers/0/init: unknown initialiser \"hee\"; did you mean \"he\"?");
  CHECK(layer_error(linear + "\"normal\"}") ==
        "/layers/0/init: \"normal\" needs a number: {\"normal\": 0.1}");
  CHECK(layer_error(linear + "{\"normal\": -1}}") ==
        "/layers/0/init/normal: must be at least 0, got -1");
  CHECK(layer_error(linear + "{\"he\": 1, \"normal\": 1}}") ==
        "/layers/0/init: must have exactly one key, like {\"normal\": 0.1}, got 2");
  CHECK(layer_error(linear + "3}") ==
        "/layers/0/init: must be a name (\"he\") or an object ({\"normal\": 0.1}), got 3");
}

TEST_CASE("training") {
  CHECK(training_error("{\"epochs\": -1}") == "/training/epochs: must be at least 0, got -1");
  CHECK(training_error("{\"optimizer\": \"sdg\"}") ==
        "/training/optimizer: unknown optimizer \"sdg\"; did you mean \"sgd\"?");
  CHECK(training_error("{\"optimizer\": {\"type\": \"sgd\", \"beta1\": 0.9}}") ==
        "/training/optimizer/beta1: unknown key; known: type, learning_rate, momentum, nesterov");
  CHECK(training_error("{\"optimizer\": {\"learning_rate\": 0.1}}") ==
        "/training/optimizer: \"type\" is missing: which optimizer it is");
  CHECK(training_error("{\"checkpoint\": \"x.pt\"}") ==
        "/training/checkpoint: must end in .npz or .safetensors, got \"x.pt\"");
  CHECK(training_error("{\"early_stopping\": {}}") ==
        "/training/early_stopping: \"patience\" is missing: epochs without a better validation "
        "loss");
  CHECK(training_error("[]") == "/training: must be an object, got []");
}

TEST_CASE("data") {
  const std::string rest = ",\n\"layers\": [{\"type\": \"linear\", \"units\": 10}]}";
  CHECK(model_error("{\"data\": {\"dataset\": \"usp\"}" + rest) ==
        "m.json:1: /data/dataset: unknown dataset \"usp\"; did you mean \"usps\"?");
  CHECK(model_error("{\"data\": {\"dataset\": \"usps\", \"validation\": 7291}" + rest) ==
        "m.json:1: /data/validation: must be less than the 7291 training images of usps, got 7291");
  CHECK(model_error("{\"data\": {\"dataset\": \"usps\", \"limit\": 1000}" + rest) ==
        "m.json:1: /data: \"validation\" must be less than the 1000 training images that \"limit\" "
        "leaves, got 1000");
  CHECK(model_error("{\"data\": {\"dataset\": \"usps\"}, \"classes\": 10" + rest) ==
        "m.json:1: /classes: is already known from \"data\"; leave it out");
  CHECK(model_error("{\"classes\": 10" + rest) ==
        "m.json:1: the data are not described: give \"data\" with a \"dataset\", or \"input\" and "
        "either \"classes\" or \"outputs\"");
  CHECK(model_error("{\"input\": [2, 2, 2, 2], \"classes\": 10" + rest) ==
        "m.json:1: /input: must be [rows, columns, channels] of an image, [steps, features] of a "
        "sequence or [features] of a vector, got 4 numbers");
  CHECK(model_error("{\"data\": {}, \"input\": [2], \"classes\": 10" + rest) ==
        "m.json:1: /data: must have either \"dataset\", \"file\" or \"folder\"");
  CHECK(model_error("{\"data\": {\"file\": \"a.pt\"}, \"input\": [2], \"classes\": 10" + rest) ==
        "m.json:1: /data/file: must end in .npz, .safetensors, .h5, .hdf5, .npy, .csv, .svm, "
        ".libsvm, "
        "-ubyte or "
        ".idx, got \"a.pt\"");
  CHECK(
      model_error("{\"data\": {\"file\": \"a.npz\"}" + rest) ==
      "m.json:1: give the \"input\", and either \"classes\" or \"outputs\" (load_model() can learn "
      "\"input\" and \"classes\" from files of your own)");
}

TEST_CASE("classes may be named") {
  const std::string rest = R"(, "input": [3], "layers": [{"type": "linear", "units": 2}]})";
  const auto names = [&](const std::string& keys) {
    return Model::parse("{" + keys + rest, "m.json").class_names();
  };
  CHECK(names(R"("classes": 2)").empty());
  CHECK(names(R"("classes": ["no", "yes"])") == std::vector<std::string>{"no", "yes"});
  CHECK(
      model_error(R"({"classes": ["a", "b", "c"])" + rest) ==
      "m.json:1: /layers/0: the last layer, \"linear_1\", gives [2], but the data have 3 classes, "
      "so it must give [3]");
  CHECK(model_error(R"({"classes": [])" + rest) ==
        "m.json:1: /classes: must have 1 to 100000 entries, got 0");
}

TEST_CASE("regression needs outputs and a loss for real numbers") {
  const auto error = [](const std::string& keys) {
    return model_error(R"({"input": [3], )" + keys +
                       R"(, "layers": [{"type": "linear", "units": 2}]})");
  };
  CHECK(error(R"("outputs": 2, "loss": "mean_squared_error")") == "none");
  CHECK(error(R"("outputs": 2, "loss": {"type": "huber", "delta": 0.1})") == "none");
  CHECK(error(R"("classes": 2, "loss": "huber")") == "none");
  CHECK(error(R"("outputs": 2)") ==
        "m.json:1: \"loss\" is softmax_cross_entropy, which is for \"classes\"; a model with "
        "\"outputs\" "
        "needs mean_squared_error or huber");
  CHECK(error(R"("outputs": 2, "loss": "softmax_cross_entropy")") ==
        "m.json:1: /loss: is softmax_cross_entropy, which is for \"classes\"; a model with "
        "\"outputs\" needs "
        "mean_squared_error or huber");
  CHECK(error(R"("outputs": 3, "loss": "huber")") ==
        "m.json:1: /layers/0: the last layer, \"linear_1\", gives [2], but the model has 3 "
        "\"outputs\", so it must give [3]");
  CHECK(error(R"("outputs": 2, "classes": 2, "loss": "huber")") ==
        "m.json:1: /outputs: a model has either \"classes\" or \"outputs\"");
  CHECK(error(R"("outputs": 2, "loss": {"type": "huber", "delta": 0})")
            .starts_with("m.json:1: /loss/delta: must be"));
}

TEST_CASE("the output and the loss") {
  const auto loss_error = [](const std::string& loss) {
    return model_error(R"({"input": [1, 2, 1], "classes": 2, "loss": )" + loss +
                       R"(, "layers": [{"type": "linear", "units": 2}, {"type": "softmax"}]})");
  };
  CHECK(loss_error("\"mean_squared_error\"") == "none");
  CHECK(
      loss_error("\"softmax_cross_entropy\"") ==
      "m.json:1: /layers/1: softmax_cross_entropy applies the softmax itself: leave this one out");
  CHECK(
      loss_error("\"mean_square_error\"") ==
      "m.json:1: /loss: unknown loss \"mean_square_error\"; did you mean \"mean_squared_error\"?");
  CHECK(loss_error(R"({"type": "mean_squared_error", "label_smoothing": 0.1})") ==
        "m.json:1: /loss/label_smoothing: unknown key; known: type");
  CHECK(model_error(model_text(R"({"type": "linear", "units": 9})")) ==
        "m.json:3: /layers/0: the last layer, \"linear_1\", gives [9], but the data have 10 "
        "classes, so it must give [10]");
  CHECK(model_error(model_text(R"({"type": "linear", "units": 10, "activation": "softmax"})")) ==
        "m.json:3: /layers/0/activation: softmax_cross_entropy applies the softmax itself: leave "
        "this one out");
}

TEST_CASE("all mistakes are reported together, each once, in the order of the lines") {
  CHECK(
      model_error(R"({
  "trainin": {},
  "input": [8, 8, 1], "classes": 10,
  "training": { "epochs": -1,
                "batch_size": 0 },
  "layers": [
    { "name": "a", "type": "conv2d", "channels": 4, "kernel": 9 },
    { "name": "b", "type": "conv2d", "channels": 4, "kernel": 3, "stride": 0 },
    { "name": "b", "type": "linear", "units": 10, "inputs": ["aa"] }
  ]
})") ==
      "m.json:2: /trainin: unknown key; did you mean \"training\"?\n"
      "m.json:4: /training/epochs: must be at least 0, got -1\n"
      "m.json:5: /training/batch_size: must be at least 1, got 0\n"
      "m.json:7: /layers/0/kernel: does not fit: with its dilation it spans 9 rows, but the input "
      "with its padding has 8 (0 + 8 + 0); \"input\" gives [8,8,1]\n"
      "m.json:8: /layers/1/stride: must be at least 1, got 0\n"
      "m.json:9: /layers/2/name: \"b\" is already the name of /layers/1\n"
      "m.json:9: /layers/2/inputs: no earlier layer is called \"aa\"; did you mean \"a\"?");
}

TEST_CASE("at most a hundred mistakes are reported") {
  std::string layers = "{\"type\": \"lin\"}";
  for (int i = 0; i < 149; ++i) layers += ", {\"type\": \"lin\"}";
  const std::string text = model_error(model_text(layers));
  CHECK(std::count(text.begin(), text.end(), '\n') == 100);
  CHECK(text.ends_with("\nm.json: and 50 more mistakes"));
}

TEST_CASE("files that cannot be read") {
  CHECK_THROWS_WITH_AS(Model::load("/nowhere/m.json"),
                       "/nowhere/m.json: cannot read the model: no such file, or no permission",
                       ModelError);
  CHECK_THROWS_WITH_AS(Model::load("/"), "/: is a folder, not a model file", ModelError);
}

}  // namespace
}  // namespace autonet
