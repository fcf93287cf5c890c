// C source of every shipped model: compiled without a warning, run under sanitizers, and compared
// with what autonet computes.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "autonet/autograd/error.h"
#include "tests/exchange/emitted_c.h"

namespace autonet {
namespace {

constexpr const char* kStrict =
    "gcc -std=c99 -pedantic -Wall -Wextra -Wconversion -Wdouble-promotion -Wvla -Werror -g -O1 "
    "-fsanitize=address,undefined -fno-sanitize-recover=all ";

Model shipped(const std::string& name, const std::vector<std::string>& settings = {}) {
  return Model::load(std::string(AUTONET_SOURCE_DIR) + "/models/" + name + ".json", settings);
}

Computed compiled(const Model& model, const Examples& examples, const CSourceOptions& options,
                  const std::string& compiler = kStrict) {
  const CSource source =
      to_c_source(model, model.initial_weights(model.training().precision, 1), options);
  const Scratch folder;
  folder.write(source);
  folder.write("main.c", main_text(model, source, examples, options));
  const std::string in = "cd " + folder.path() + " && ";
  const Printed made = output_of(in + compiler + source.name + ".c main.c -o program -lm");
  REQUIRE_MESSAGE(made.status == 0, made.out);
  const Printed ran = output_of(in + "./program");
  REQUIRE_MESSAGE(ran.status == 0, ran.out);
  return read_numbers(ran.out, model, examples.count(), options);
}

/// True if all models are to be compiled; else some of each kind.
bool all_models() {
  if (std::getenv("AUTONET_LONG_TESTS") != nullptr) return true;
  std::cout << "SKIPPED: some of the models as C, as AUTONET_LONG_TESTS is not set\n";
  return false;
}

const std::set<std::string> kSomeModels{"logreg", "convnet1", "usps_best", "digits_lstm",
                                        "digits_attention"};

bool skipped() {
  if (has_tool("gcc")) return false;
  std::cout << "SKIPPED: running emitted C, as gcc is not installed\n";
  return true;
}

void compare_prediction(const Model& model) {
  INFO(model.name());
  const Examples examples = internal::random_examples(model, 3, seed_of_run());
  const Computed c = compiled(model, examples, {});
  const Computed own = by_autonet(model, examples, {});
  const double apart = difference(c.outputs, own.outputs);
  std::cout << model.name() << ": predictions differ by " << apart << "\n";
  CHECK(apart < (model.training().precision == DType::f32 ? 5e-6 : 1e-9));
}

void compare_training(const Model& model, Index batch) {
  INFO(model.name());
  const CSourceOptions options{.train = true, .batch = batch};
  const Examples examples = internal::random_examples(model, 5 * batch, seed_of_run());
  const Computed c = compiled(model, examples, options);
  const Computed own = by_autonet(model, examples, options);
  REQUIRE(c.losses.size() == kSteps);
  // A loss below 0.1 is the difference of numbers near 1, so its error is compared with 0.1.
  const double losses = relative_difference(c.losses, own.losses, 0.1);
  const double weights = difference(c.weights, own.weights);
  std::cout << model.name() << ", batch " << batch << ": losses differ by " << losses
            << ", weights by " << weights << "\n";
  const double tolerance = model.training().precision == DType::f32 ? 1e-5 : 1e-9;
  CHECK(losses < tolerance);
  CHECK(weights < tolerance);
  CHECK(c.losses.front() != c.losses.back());
}

}  // namespace

TEST_CASE("predictions of every shipped model are those of autonet") {
  if (skipped()) return;
  std::cout << "seed " << seed_of_run() << "\n";
  int models = 0;
  const bool all = all_models();
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(AUTONET_SOURCE_DIR) + "/models")) {
    const std::string name = entry.path().stem().string();
    if (entry.path().extension() != ".json" || name.find("schema") != name.npos) continue;
    const Model model = shipped(name);
    if (all || kSomeModels.contains(name)) compare_prediction(model);
    const Weights weights = model.initial_weights(model.training().precision, 1);
    CHECK(to_c_source(model, weights, {.train = true}).memory_bytes > 0);
    ++models;
  }
  CHECK(models >= 16);
}

// In f32 the learning rate is low, as a high one enlarges every difference from step to step.
const std::vector<std::string> kF32{"training.optimizer.learning_rate=0.01"};
const std::vector<std::string> kF64{"training.precision=f64"};

TEST_CASE("twenty training steps give the losses and weights of autonet") {
  if (skipped()) return;
  std::cout << "seed " << seed_of_run() << "\n";
  const bool all = all_models();
  for (const char* name : {"logreg", "net_1layer", "net_2layer", "convnet1", "convnet2",
                           "convnet_gradcheck", "quickstart"}) {
    if (!all && !kSomeModels.contains(name)) continue;
    compare_training(shipped(name, kF32), 1);
    compare_training(shipped(name, kF64), 4);
  }
}

TEST_CASE("twenty training steps of a larger network, patches, attention and a recurrent layer") {
  if (skipped()) return;
  std::cout << "seed " << seed_of_run() << "\n";
  compare_training(shipped("convnet1_method1"), 2);
  // Adam enlarges gradients that are 0 but for rounding, which in f32 decides their sign.
  compare_training(shipped("digits_lstm", kF64), 2);
  if (!all_models()) return;
  compare_training(shipped("convnet3", kF32), 2);
  compare_training(shipped("digits_attention", kF64), 2);
  compare_training(shipped("mnist_99", kF64), 8);
  compare_training(shipped("mnist_best", kF64), 2);
  compare_training(shipped("usps_best", kF64), 4);
}

TEST_CASE("layers with strides, dilations, groups and several inputs") {
  if (skipped()) return;
  std::cout << "seed " << seed_of_run() << "\n";
  const auto model_of = [](const std::string& layers, const std::string& rest) {
    return Model::parse(R"({"name": "layers", "input": [9, 8, 4], "layers": [)" + layers + "], " +
                            rest + R"(, "training": {"epochs": 1, "batch_size": 2,
        "precision": "f64", "l2_decay": 1e-3, "optimizer": {"type": "adamw",
        "learning_rate": 0.01, "weight_decay": 0.1}}})",
                        "layers.json");
  };
  const std::string classes =
      R"("classes": 5, "loss": {"type": "softmax_cross_entropy", "label_smoothing": 0.1})";
  const std::string numbers = R"("outputs": 3, "loss": {"type": "huber", "delta": 0.5})";
  const Model windows = model_of(R"(
      {"name": "a", "type": "conv2d", "channels": 6, "kernel": [3, 2], "stride": [2, 3],
       "padding": [[2, 0], [1, 1]], "groups": 2, "activation": "elu"},
      {"name": "b", "type": "conv2d", "channels": 4, "kernel": 2, "dilation": 2, "padding": 2,
       "activation": "softplus"},
      {"name": "c", "type": "conv2d_transpose", "channels": 3, "kernel": 3, "stride": 2,
       "padding": 1, "more": 1, "activation": "sigmoid"},
      {"name": "d", "type": "avg_pool2d", "kernel": 3, "stride": 2, "padding": 1},
      {"name": "e", "type": "max_pool2d", "kernel": 3, "stride": 1, "padding": 1},
      {"name": "f", "type": "upsample", "factor": 2, "method": "linear"},
      {"name": "output", "type": "linear", "units": 5})",
                                 classes);
  const Model joins = model_of(R"(
      {"name": "a", "type": "conv2d", "channels": 4, "kernel": 3, "padding": 1,
       "method": "patches", "stride": 2, "activation": "leaky_relu"},
      {"name": "b", "type": "group_norm", "groups": 2, "activation": "gelu"},
      {"name": "c", "type": "add", "inputs": ["a", "b"]},
      {"name": "d", "type": "mul", "inputs": ["a", "c"], "activation": "softmax"},
      {"name": "e", "type": "concat", "inputs": ["b", "d", "a"]},
      {"name": "drop", "type": "dropout", "rate": 0.3},
      {"name": "f", "type": "batch_norm", "activation": "log_softmax"},
      {"name": "g", "type": "global_avg_pool"},
      {"name": "output", "type": "linear", "units": 3, "bias": false})",
                               numbers);
  for (const Model& model : {windows, joins}) {
    compare_prediction(model);
    compare_training(model, 3);
  }
}

TEST_CASE("an embedding, and gradients that are clipped together") {
  if (skipped()) return;
  std::cout << "seed " << seed_of_run() << "\n";
  for (const std::string limit : {"0.05", "1000"}) {
    const Model model = Model::parse(R"({"name": "words", "input": [4], "classes": 3, "layers": [
        {"name": "embed", "type": "embedding", "tokens": 5, "units": 2},
        {"name": "places", "type": "position_embedding", "learning_rate_factor": 0},
        {"name": "wide", "type": "linear", "units": 6, "activation": "tanh"},
        {"name": "output", "type": "linear", "units": 3}], "loss": "softmax_cross_entropy",
        "training": {"epochs": 1, "batch_size": 3, "precision": "f64", "clip_norm": )" +
                                         limit + "}}",
                                     "words.json");
    compare_prediction(model);
    compare_training(model, 3);
  }
}

TEST_CASE("options and weights that do not fit are refused") {
  const Model model = shipped("logreg");
  Weights weights = model.initial_weights(DType::f32, 1);
  CHECK_THROWS_WITH_AS(to_c_source(model, weights, {.batch = 0}),
                       "to_c_source: batch must be from 1 to 65536, got 0", Error);
  CHECK_THROWS_AS(to_c_source(model, {}, {}), Error);
  weights.parameters[0].set({0, 0}, std::nan(""));
  CHECK_THROWS_WITH_AS(to_c_source(model, weights, {}), "to_c_source: a weight is not finite",
                       Error);
}

TEST_CASE("texts from files as comments, and as names") {
  using internal::comment_text;
  CHECK(comment_text("a */ b") == "a * / b");
  CHECK(comment_text("/* **//*/") == "/ * ** // * /.");
  CHECK(comment_text("\xc3\xa9\n\x7f") == "\\xc3\\xa9\\x0a\\x7f");
  CHECK(comment_text("?\?/") == "? ?/.");
  CHECK(comment_text("a\\") == "a\\.");
  internal::CNames names(internal::reserved_c_names());
  CHECK(names.give("while") == "while_2");
  CHECK(names.give("a.b") == "a_b");
  CHECK(names.give("a-b") == "a_b_2");
  CHECK(names.give("2*/") == "x2__");
  CHECK(names.give("") == "x");
  CHECK(names.give("_A") == "x_A");
  CHECK(internal::prefix_of("math") == "math_net");
  CHECK(internal::prefix_of("Math") == "Math_net");
  CHECK(internal::prefix_of("net-1.5") == "net_1_5");
  CHECK(internal::number_text(0.1, DType::f32) == "0.1f");
  CHECK(internal::number_text(-3.0, DType::f64) == "-3.0");
  CHECK_THROWS_WITH_AS(internal::number_text(1e300, DType::f32),
                       "to_c_source: a number of the model is inf as float", Error);
}

TEST_CASE("code that would need more memory than C can address is refused") {
  const Model model = shipped("cifar_vgg");
  CHECK_THROWS_WITH_AS(
      to_c_source(model, model.initial_weights(DType::f32, 1), {.train = true, .batch = 4096}),
      doctest::Contains("each must be below 2^31; use a smaller batch or model"), Error);
}

TEST_CASE("names of layers that C uses, or that become one name in C") {
  if (skipped()) return;
  std::cout << "seed " << seed_of_run() << "\n";
  const std::string text = R"J({"name": "2.while-int", "input": [6, 6, 2], "classes": 3,
    "layers": [
      {"name": "while", "type": "conv2d", "channels": 3, "kernel": 3, "activation": "relu"},
      {"name": "2", "type": "conv2d", "channels": 3, "kernel": 2, "activation": "relu"},
      {"name": "memory", "type": "linear", "units": 4, "activation": "tanh"},
      {"name": "softmax_cross", "type": "linear", "units": 4, "activation": "relu"},
      {"name": "a.b", "type": "linear", "units": 4},
      {"name": "a_b", "type": "linear", "units": 4},
      {"name": "a-b", "type": "linear", "units": 4},
      {"name": "x", "type": "linear", "units": 4},
      {"name": "__LINE__", "type": "linear", "units": 4},
      {"name": "each", "type": "linear", "units": 3}],
    "loss": "softmax_cross_entropy",
    "training": {"epochs": 1, "batch_size": 2, "seed": 1, "precision": "f64",
                 "optimizer": {"type": "adam", "learning_rate": 0.01}}})J";
  const Model model = Model::parse(text, "hostile.json");
  compare_prediction(model);
  compare_training(model, 2);
}

TEST_CASE("the code needs no functions but those that its comment names") {
  if (skipped()) return;
  if (!has_tool("nm")) {
    std::cout << "SKIPPED: which functions emitted C needs, as nm is not installed\n";
    return;
  }
  const auto needed = [](const Model& model, const CSourceOptions& options) {
    const CSource source =
        to_c_source(model, model.initial_weights(model.training().precision, 1), options);
    const Scratch folder;
    folder.write(source);
    // A compiler may turn loops and copies of structs into calls of memset and memcpy.
    return output_of(text::concat("cd ", folder.path(), " && gcc -std=c99 -O2 -c ", source.name,
                                  ".c -o code.o && nm -u code.o | awk '{print $2}' | grep -vE ",
                                  "'^(memset|memcpy|memmove|__stack_chk_fail|_GLOBAL_OFFSET_TABLE_)"
                                  "$' | sort | tr '\\n' ' '"))
        .out;
  };
  CHECK(needed(shipped("convnet1"), {}) == "");
  CHECK(needed(shipped("convnet1"), {.train = true}) == "");
  CHECK(needed(shipped("logreg", {"loss=mean_squared_error"}), {.train = true}) == "");
  CHECK(needed(shipped("convnet1_method2"), {}) == "");
  CHECK(needed(shipped("digits_attention"), {}) == "erfcf sqrtf ");
  const std::string code =
      to_c_source(shipped("digits_attention"),
                  shipped("digits_attention").initial_weights(DType::f32, 1), {})
          .files[1]
          .text;
  CHECK(code.find("Of the C library it needs erfcf, sqrtf.") != code.npos);
}

TEST_CASE("the memory that is stated is that of the code") {
  if (skipped()) return;
  const Model model = shipped("net_1layer");
  CSource source = to_c_source(model, model.initial_weights(DType::f32, 1), {.train = true});
  const Scratch folder;
  folder.write(source);
  const std::string compile = "cd " + folder.path() + " && gcc -std=c99 -c " + source.name + ".c";
  CHECK(output_of(compile).status == 0);
  std::string& header = source.files[0].text;
  const std::string stated = text::concat("MEMORY_BYTES ", source.memory_bytes);
  REQUIRE(header.find(stated) != header.npos);
  header.replace(header.find(stated), stated.size(),
                 text::concat("MEMORY_BYTES ", source.memory_bytes + 4));
  folder.write(source);
  const Printed refused = output_of(compile);
  CHECK(refused.status != 0);
  CHECK(refused.out.find("memory_is_as_stated") != refused.out.npos);
}

}  // namespace autonet
