#include "autonet/models/model.h"

#include <doctest/doctest.h>

#include <cmath>
#include <map>

#include "autonet/autograd/grad.h"
#include "autonet/autograd/program.h"
#include "autonet/autograd/random.h"
#include "scratch_model.h"

namespace autonet {
namespace {

constexpr std::uint64_t kSeed = 3;

Model shipped(const std::string& name) {
  return Model::load(std::string(AUTONET_SOURCE_DIR) + "/models/" + name + ".json");
}

Array random_images(const Model& model, Index count, DType dtype) {
  const Shape& image = model.input_shape();
  Array x = Array::uninitialized({{count, image[0], image[1], image[2]}, DType::f64});
  Random random(kSeed, 1);
  for (Index i = 0; i < x.size(); ++i) x.data<double>()[i] = random.uniform(-1, 1);
  return x.to(dtype);
}

std::vector<Var> on(Tape& tape, const std::vector<Array>& arrays) {
  std::vector<Var> vars;
  for (const Array& array : arrays) vars.push_back(tape.variable(array));
  return vars;
}

/// The output of a planned program for random images.
std::vector<double> forward(const Model& model, DType dtype, Index count = 3) {
  Tape tape;
  const Array images = random_images(model, count, dtype);
  const std::vector<Var> parameters = on(tape, model.initial_weights(dtype, kSeed).parameters);
  const std::vector<Var> states = on(tape, model.initial_weights(dtype, 1).states);
  const std::vector<Var> inputs = {tape.placeholder(images.type(), "x")};
  const Var step = tape.constant(Array::scalar(0.0, DType::f64));
  const std::vector<Var> outputs = {
      model.record(inputs[0], parameters, states, Model::Mode::evaluation, step).output};
  Context context(1);
  Program program(context, inputs, outputs);
  program.input(0).copy_from(images);
  program.run();
  return program.output(0).to_vector();
}

TEST_CASE("the shipped models have the numbers of parameters counted by hand") {
  const std::map<std::string, Index> counts = {
      {"logreg", 2570},       // 256 * 10 + 10
      {"net_1layer", 34186},  // 256 * 128 + 128 + 128 * 10 + 10
      {"net_2layer", 50698},  // + 128 * 128 + 128
      {"convnet1", 38282},    // 160 + 4640 + 512 * 64 + 64 + 650
      {"convnet1_method1", 38282},
      {"convnet1_method2", 38282},
      {"convnet2", 46730},         // 416 + 12832 + 32832 + 650
      {"convnet3", 197482},        // 320 + 9248 + 18496 + 36928 + 1024 * 128 + 128 + 1290
      {"convnet_gradcheck", 602},  // 30 + 112 + 64 * 6 + 6 + 70
      {"quickstart", 38282},
      {"cifar_vgg", 2196810},
  };
  for (const auto& entry : counts) {
    const std::string& name = entry.first;
    CAPTURE(name);
    const Model model = shipped(name);
    Index size = 0;
    for (const Parameter& parameter : model.parameters()) size += parameter.shape.size();
    CHECK(size == entry.second);
    CHECK(model.name() == name);
    CHECK(model.classes() == 10);
    CHECK(model.checkpoint_path() == std::string(AUTONET_SOURCE_DIR) + "/models/" + name + ".npz");
  }
}

TEST_CASE("convnet1 has the layers and settings of its definition") {
  const Model model = shipped("convnet1");
  CHECK(model.input_shape() == Shape{16, 16, 1});
  CHECK(model.data().dataset == "usps");
  CHECK(model.data().validation == 1000);
  CHECK(model.training().epochs == 25);
  CHECK(model.training().batch_size == 100);
  CHECK(model.training().l2_decay == 1e-4);
  CHECK(model.training().optimizer.type == OptimizerSettings::Type::sgd);
  CHECK(model.training().optimizer.learning_rate == 0.05);
  CHECK(model.training().optimizer.momentum == 0.9);
  const auto parameters = model.parameters();
  REQUIRE(parameters.size() == 8);
  CHECK(parameters[2].name == "conv_2/weight");
  CHECK(parameters[2].shape == Shape{3, 3, 16, 32});
  CHECK(parameters[2].decays);
  CHECK(parameters[2].fan_in == 144);
  CHECK(parameters[2].fan_out == 288);
  CHECK(parameters[3].name == "conv_2/bias");
  CHECK(parameters[3].shape == Shape{32});
  CHECK(!parameters[3].decays);
  CHECK(parameters[4].shape == Shape{512, 64});

  const LayerInfo& conv = model.layers()[2];
  CHECK(conv.name == "conv_2");
  CHECK(conv.type == "conv2d");
  CHECK(conv.inputs == std::vector<std::string>{"maxpool_1"});
  CHECK(conv.output == Shape{8, 8, 32});
  CHECK(conv.channels == 32);
  CHECK(conv.units == 2048);
  CHECK(conv.weights == 4608);
  CHECK(conv.biases == 32);
  CHECK(conv.connections == 64 * 32 * 144);
  CHECK(conv.multiply_adds == 64.0 * 32 * 144);
  CHECK(model.layers()[4].connections == 512 * 64);
  CHECK(model.layers()[1].connections == 8 * 8 * 16 * 4);
}

TEST_CASE("every setting of training is read") {
  const Model model = Model::parse(R"({"name": "m", "input": [2, 2, 1], "classes": 2,
    "layers": [{"type": "linear", "units": 2, "bias": false, "init": {"uniform": 0.5}}],
    "loss": {"type": "softmax_cross_entropy", "label_smoothing": 0.1},
    "training": {"epochs": 3, "batch_size": 7, "seed": 9, "l2_decay": 0.5, "shuffle": false,
      "optimizer": {"type": "adamw", "learning_rate": 0.1, "beta1": 0.8, "beta2": 0.99,
                    "epsilon": 1e-6, "weight_decay": 0.3},
      "schedule": {"type": "one_cycle", "peak_at": 0.4, "start_fraction": 0.1,
                   "warmup_epochs": 2},
      "early_stopping": {"patience": 4}, "checkpoint": "sub/m.safetensors"}})",
                                   "dir/m.json");
  const TrainingSettings& training = model.training();
  CHECK(training.epochs == 3);
  CHECK(training.batch_size == 7);
  CHECK(training.seed == 9);
  CHECK(training.l2_decay == 0.5);
  CHECK(!training.shuffle);
  CHECK(training.optimizer.type == OptimizerSettings::Type::adamw);
  CHECK(training.optimizer.learning_rate == 0.1);
  CHECK(training.optimizer.beta1 == 0.8);
  CHECK(training.optimizer.beta2 == 0.99);
  CHECK(training.optimizer.epsilon == 1e-6);
  CHECK(training.optimizer.weight_decay == 0.3);
  CHECK(training.schedule.type == ScheduleSettings::Type::one_cycle);
  CHECK(training.schedule.peak_at == 0.4);
  CHECK(training.schedule.start_fraction == 0.1);
  CHECK(training.schedule.warmup_epochs == 2);
  CHECK(training.patience == 4);
  CHECK(model.checkpoint_path() == "dir/sub/m.safetensors");
  CHECK(model.data().dataset.empty());
  CHECK(model.parameters().size() == 1);
  CHECK(model.parameters()[0].init.type == Init::Type::uniform);
  CHECK(model.parameters()[0].init.scale == 0.5);
}

TEST_CASE("keys that are absent have their defaults") {
  const Model model =
      Model::parse(model_text(R"({"type": "linear", "units": 10})"), "dir/tiny.json");
  CHECK(model.name() == "tiny");
  CHECK(model.checkpoint_path().empty());
  CHECK(model.training().epochs == 25);
  CHECK(model.training().shuffle);
  CHECK(!model.training().patience.has_value());
  CHECK(model.parameters()[0].init.type == Init::Type::xavier);
  CHECK(model.parameters()[1].init.type == Init::Type::constant);
}

TEST_CASE("shipped models give finite logits, and both methods of convolution the same") {
  CAPTURE(kSeed);
  for (const char* name : {"logreg", "net_2layer", "convnet2", "convnet_gradcheck", "quickstart"}) {
    CAPTURE(name);
    const std::vector<double> logits = forward(shipped(name), DType::f32);
    REQUIRE(logits.size() == 30);
    for (double z : logits) CHECK(std::isfinite(z));
  }
  const std::vector<double> patches = forward(shipped("convnet1_method1"), DType::f64);
  const std::vector<double> flip = forward(shipped("convnet1_method2"), DType::f64);
  REQUIRE(patches.size() == flip.size());
  for (size_t i = 0; i < flip.size(); ++i) CHECK(std::abs(patches[i] - flip[i]) < 1e-12);
}

TEST_CASE("every layer records an output, gradients and states of the planned shapes") {
  const Model model = Model::parse(model_text(R"(
    {"name": "c", "type": "conv2d", "channels": 6, "kernel": [3, 2], "groups": 3, "stride": 2,
     "padding": [[1, 2], [0, 1]], "activation": "gelu"},
    {"name": "bn", "type": "batch_norm", "activation": "leaky_relu"},
    {"name": "same", "type": "conv2d", "channels": 6, "kernel": 4, "padding": "same",
     "dilation": 2, "bias": false, "method": "patches", "init": "orthogonal"},
    {"name": "sum", "type": "add", "inputs": ["bn", "same", "bn"]},
    {"name": "product", "type": "mul", "inputs": ["sum", "same"], "activation": "tanh"},
    {"name": "both", "type": "concat", "inputs": ["product", "sum"]},
    {"name": "ln", "type": "layer_norm", "activation": "softplus"},
    {"name": "d", "type": "dropout", "rate": 0.25},
    {"name": "mean", "type": "avg_pool2d", "kernel": 2, "stride": 1, "padding": 1,
     "count_padding": true},
    {"name": "most", "type": "max_pool2d", "kernel": 3, "stride": 1, "padding": "same"},
    {"name": "e", "type": "elu", "alpha": 0.5},
    {"name": "l", "type": "leaky_relu", "slope": 0.1},
    {"name": "s", "type": "sigmoid"},
    {"name": "g", "type": "global_avg_pool"},
    {"name": "r", "type": "reshape", "shape": [3, 4]},
    {"name": "sm", "type": "softmax"},
    {"name": "f", "type": "flatten"},
    {"name": "out", "type": "linear", "units": 10, "init": "xavier", "bias_init": {"normal": 1}})"),
                                   "m.json");
  for (DType dtype : {DType::f32, DType::f64}) {
    const std::vector<double> logits = forward(model, dtype);
    REQUIRE(logits.size() == 30);
    for (double z : logits) CHECK(std::isfinite(z));
  }

  // Recorded for training: a loss, the gradient of every parameter, and new running statistics.
  Tape tape;
  const Var x = tape.constant(random_images(model, 3, DType::f64));
  const std::vector<Var> parameters = on(tape, model.initial_weights(DType::f64, kSeed).parameters);
  const std::vector<Var> states = on(tape, model.initial_weights(DType::f64, 1).states);
  const Var step = tape.constant(Array::scalar(5.0, DType::f64));
  const Recorded recorded = model.record(x, parameters, states, Model::Mode::training, step);
  REQUIRE(recorded.new_states.size() == 2);
  CHECK(model.states()[0].name == "bn/running_mean");
  CHECK(model.states()[1].name == "bn/running_variance");
  CHECK(recorded.new_states[0].shape() == Shape{6});
  const Var labels = tape.constant(Array::from<double>({3}, {0, 9, 4}));
  const Var loss = model.loss(recorded.output, labels);
  CHECK(loss.shape().size() == 1);
  CHECK(std::isfinite(loss.item()));
  const std::vector<Var> bars = grad(loss, parameters);
  for (size_t i = 0; i < bars.size(); ++i) {
    CAPTURE(model.parameters()[i].name);
    CHECK(bars[i].shape() == model.parameters()[i].shape);
    double largest = 0.0;
    for (double b : bars[i].value().to_vector()) largest = std::max(largest, std::abs(b));
    CHECK(std::isfinite(largest));
    CHECK(largest > 0.0);
  }
}

TEST_CASE("running statistics move towards those of the batch by the momentum") {
  const Model model = Model::parse(
      R"({"input": [1, 2, 1], "classes": 2, "layers": [
        {"name": "n", "type": "batch_norm", "momentum": 0.25, "epsilon": 1e-9},
        {"type": "flatten"}]})",
      "m.json");
  Tape tape;
  const Var x = tape.constant(Array::from<double>({2, 1, 2, 1}, {1, 2, 3, 6}));
  const std::vector<Var> parameters = on(tape, model.initial_weights(DType::f64, 1).parameters);
  const std::vector<Var> states = on(tape, model.initial_weights(DType::f64, 1).states);
  const Recorded recorded = model.record(x, parameters, states, Model::Mode::training, Var());
  // Mean 3, squared distances 4 + 1 + 0 + 9 = 14: variance 14/4, unbiased 14/3.
  CHECK(recorded.new_states[0].value().item() == doctest::Approx(0.25 * 3));
  CHECK(recorded.new_states[1].value().item() == doctest::Approx(0.75 + 0.25 * 14 / 3));
  CHECK(recorded.output.value().at({1, 1}) == doctest::Approx(3 / std::sqrt(3.5)));
  const Recorded later = model.record(x, parameters, states, Model::Mode::evaluation, Var());
  CHECK(later.new_states.empty());
  CHECK(later.output.value().at({1, 1}) == doctest::Approx(6.0));  // mean 0, variance 1
}

TEST_CASE("losses are those computed by hand") {
  const std::string start =
      R"({"input": [1, 2, 1], "classes": 2, "layers": [{"type": "flatten"}], "loss": )";
  Tape tape;
  const Var output = tape.constant(Array::from<double>({2, 2}, {0, 0, 1, 3}));
  const Var labels = tape.constant(Array::from<double>({2}, {0, 1}));
  const Model entropy = Model::parse(start + "\"softmax_cross_entropy\"}", "m.json");
  const double second = std::log1p(std::exp(-2.0));
  CHECK(entropy.loss(output, labels).item() == doctest::Approx((std::log(2.0) + second) / 2));
  const Model smooth = Model::parse(
      start + R"({"type": "softmax_cross_entropy", "label_smoothing": 0.5}})", "m.json");
  CHECK(smooth.loss(output, labels).item() ==
        doctest::Approx((std::log(2.0) + second + 0.25 * 2) / 2));
  const Model squares = Model::parse(start + "\"mean_squared_error\"}", "m.json");
  CHECK(squares.loss(output, labels).item() == doctest::Approx((1 + 0 + 1 + 4) / 4.0));
  CHECK(entropy.loss_name() == "cross-entropy");
  CHECK(entropy.loss_key() == "cross_entropy");
  CHECK(squares.loss_name() == "squared error");
  CHECK(squares.loss_key() == "squared_error");
}

TEST_CASE("dropout depends on the seed and the step, and acts only in training") {
  const Model model = Model::parse(
      R"({"input": [4, 4, 1], "classes": 16, "layers": [
        {"type": "flatten"}, {"type": "dropout", "rate": 0.5}]})",
      "m.json");
  const auto run = [&](Model::Mode mode, double step, std::optional<std::uint64_t> seed) {
    Tape tape;
    const Var x = tape.constant(Array::full({{2, 4, 4, 1}, DType::f32}, 1.0));
    const Var count = tape.constant(Array::scalar(step, DType::f64));
    return model.record(x, {}, {}, mode, count, seed).output.value().to_vector();
  };
  using Mode = Model::Mode;
  CHECK(run(Mode::evaluation, 1, {}) == std::vector<double>(32, 1.0));
  const std::vector<double> first = run(Mode::training, 1, {});
  for (double y : first) CHECK((y == 0.0 || y == 2.0));
  CHECK(run(Mode::training, 1, {}) == first);
  CHECK(run(Mode::training, 1, 1) == first);  // 1 is the training seed
  CHECK(run(Mode::training, 2, {}) != first);
  CHECK(run(Mode::training, 1, 2) != first);
}

TEST_CASE("recording refuses images and parameters of other shapes") {
  const Model model = Model::parse(model_text(R"({"type": "linear", "units": 10})"), "m.json");
  Tape tape;
  const std::vector<Var> parameters = on(tape, model.initial_weights(DType::f32, 1).parameters);
  const Var x = tape.constant(Array::zeros({{2, 8, 8, 3}, DType::f32}));
  const Var wrong = tape.constant(Array::zeros({{2, 8, 8, 1}, DType::f32}));
  const auto error = [&](Var images, std::span<const Var> given) {
    try {
      model.record(images, given, {}, Model::Mode::evaluation, Var());
    } catch (const Error& e) {
      return std::string(e.what());
    }
    return std::string("none");
  };
  CHECK(error(x, parameters) == "none");
  CHECK(error(wrong, parameters) == "Model::record: the inputs of m are [N,8,8,3], got [2,8,8,1]");
  CHECK(error(x, {}) == "Model::record: the model has 2 parameters, got 0");
  const std::vector<Var> swapped = {parameters[1], parameters[0]};
  CHECK(error(x, swapped) == "Model::record: linear_1/weight is [192,10], got [10]");
}

}  // namespace
}  // namespace autonet
