// The layers of sequences, against plain loops; what they refuse; and their sizes.
#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "autonet/autograd/random.h"
#include "autonet/models/model.h"
#include "tests/models/scratch_model.h"

namespace autonet::internal {
namespace {

using Numbers = std::vector<double>;

/// A model with these layers that is used only for its output.
Model model_of(const std::string& input, int outputs, const std::string& layers) {
  return Model::parse(R"({"name": "m", "input": )" + input + R"(, "outputs": )" +
                          std::to_string(outputs) + R"(, "layers": [)" + layers +
                          R"(], "loss": "mean_squared_error", "training": {"precision": "f64"}})",
                      "m.json");
}

Array noise(const Shape& shape, std::uint64_t seed) {
  Array array = Array::uninitialized({shape, DType::f64});
  Random random(seed);
  for (Index i = 0; i < array.size(); ++i) array.data<double>()[i] = random.uniform(-1, 1);
  return array;
}

/// Weights in which no number is zero or equal to another.
std::vector<Array> noisy_weights(const Model& model) {
  std::vector<Array> arrays;
  for (const Parameter& p : model.parameters()) arrays.push_back(noise(p.shape, 7 + arrays.size()));
  return arrays;
}

Numbers output_of(const Model& model, const std::vector<Array>& weights, const Array& x) {
  Tape tape;
  std::vector<Var> parameters;
  for (const Array& w : weights) parameters.push_back(tape.variable(w));
  return model
      .record(tape.constant(x), parameters, {}, Model::Mode::evaluation,
              tape.constant(Array::scalar(0.0, DType::f64)))
      .output.value()
      .to_vector();
}

void check_near(const Numbers& a, const Numbers& b) {
  REQUIRE(a.size() == b.size());
  for (size_t i = 0; i < a.size(); ++i) CHECK(a[i] == doctest::Approx(b[i]).epsilon(1e-12));
}

double sigmoid(double x) {
  return 1.0 / (1.0 + std::exp(-x));
}

/// h of every step of an LSTM on x [steps,features], with loops: [steps][units].
std::vector<Numbers> plain_lstm(const Array& x, const std::vector<Array>& w, double forget_bias) {
  const auto units = static_cast<size_t>(w[1].shape()[0]);
  Numbers h(units), c(units);
  std::vector<Numbers> all;
  for (Index t = 0; t < x.shape()[0]; ++t) {
    Numbers z = w[2].to_vector();
    for (size_t k = 0; k < 4 * units; ++k) {
      const auto column = static_cast<Index>(k);
      for (Index f = 0; f < x.shape()[1]; ++f) z[k] += x.at({t, f}) * w[0].at({f, column});
      for (size_t u = 0; u < units; ++u) z[k] += h[u] * w[1].at({static_cast<Index>(u), column});
    }
    for (size_t u = 0; u < units; ++u) {
      c[u] =
          sigmoid(z[units + u] + forget_bias) * c[u] + sigmoid(z[u]) * std::tanh(z[2 * units + u]);
      h[u] = sigmoid(z[3 * units + u]) * std::tanh(c[u]);
    }
    all.push_back(h);
  }
  return all;
}

/// Self-attention on x [steps,channels], with loops: [steps · channels].
Numbers plain_attention(const Array& x, const std::vector<Array>& w, Index heads, bool causal) {
  const Index steps = x.shape()[0], channels = x.shape()[1], size = channels / heads;
  const auto joined = [&](Index t, Index k) {  // queries, keys, values
    double sum = w[2].at({k});
    for (Index c = 0; c < channels; ++c) sum += x.at({t, c}) * w[0].at({c, k});
    return sum;
  };
  Array mixed = Array::zeros({{steps, channels}, DType::f64});
  for (Index head = 0; head < heads; ++head) {
    for (Index i = 0; i < steps; ++i) {
      Numbers share;
      double total = 0.0;
      for (Index j = 0; j < (causal ? i + 1 : steps); ++j) {
        double score = 0.0;
        for (Index d = 0; d < size; ++d) {
          score += joined(i, head * size + d) * joined(j, channels + head * size + d);
        }
        share.push_back(std::exp(score / std::sqrt(static_cast<double>(size))));
        total += share.back();
      }
      for (Index d = 0; d < size; ++d) {
        double sum = 0.0;
        for (size_t j = 0; j < share.size(); ++j) {
          sum += share[j] / total * joined(static_cast<Index>(j), 2 * channels + head * size + d);
        }
        mixed.set({i, head * size + d}, sum);
      }
    }
  }
  Numbers y;
  for (Index i = 0; i < steps; ++i) {
    for (Index k = 0; k < channels; ++k) {
      double sum = w[3].at({k});
      for (Index c = 0; c < channels; ++c) sum += mixed.at({i, c}) * w[1].at({c, k});
      y.push_back(sum);
    }
  }
  return y;
}

}  // namespace

TEST_CASE("lstm gives what the formulas give, at its last step or at every step") {
  const Array x = noise({5, 3}, 1);
  for (const double forget_bias : {1.0, -0.5}) {
    const std::string bias = std::to_string(forget_bias);
    const Model last =
        model_of("[5, 3]", 2, R"({"type": "lstm", "units": 2, "forget_bias": )" + bias + "}");
    const std::vector<Array> w = noisy_weights(last);
    const std::vector<Numbers> expected = plain_lstm(x, w, forget_bias);
    check_near(output_of(last, w, x.reshape({1, 5, 3})), expected.back());
    const Model every = model_of(
        "[5, 3]", 10,
        R"({"type": "lstm", "units": 2, "every_step": true, "forget_bias": )" + bias + "}");
    Numbers all;
    for (const Numbers& h : expected) all.insert(all.end(), h.begin(), h.end());
    check_near(output_of(every, w, x.reshape({1, 5, 3})), all);
  }
}

TEST_CASE("attention gives what the formulas give, with heads and with a causal order") {
  const Array x = noise({4, 6}, 2);
  for (const Index heads : {1, 2, 3}) {
    for (const bool causal : {false, true}) {
      CAPTURE(heads);
      CAPTURE(causal);
      const Model model = model_of("[4, 6]", 24,
                                   R"({"type": "attention", "heads": )" + std::to_string(heads) +
                                       (causal ? R"(, "causal": true})" : "}"));
      const std::vector<Array> w = noisy_weights(model);
      // Two sequences: neither sees the other.
      const Array two = noise({2, 4, 6}, 3);
      const Numbers y = output_of(model, w, two);
      Numbers expected = plain_attention(two.slice(0, 0, 1).reshape({4, 6}), w, heads, causal);
      const Numbers second = plain_attention(two.slice(0, 1, 1).reshape({4, 6}), w, heads, causal);
      expected.insert(expected.end(), second.begin(), second.end());
      check_near(y, expected);
    }
  }
}

TEST_CASE("embedding chooses rows, position_embedding adds to each step") {
  const Model model = model_of("[3]", 6, R"({"type": "embedding", "tokens": 4, "units": 2},
      {"type": "position_embedding"})");
  CHECK(model.tokens() == 4);
  const std::vector<Array> w = {Array::from<double>({4, 2}, {0, 1, 10, 11, 20, 21, 30, 31}),
                                Array::from<double>({3, 2}, {0.1, 0.2, 0.3, 0.4, 0.5, 0.6})};
  check_near(output_of(model, w, Array::from<double>({2, 3}, {3, 0, 0, 1, 2, 3})),
             {30.1, 31.2, 0.3, 1.4, 0.5, 1.6, 10.1, 11.2, 20.3, 21.4, 30.5, 31.6});
}

TEST_CASE("linear transforms each position; global_avg_pool takes the mean over the steps") {
  const std::vector<Array> w = {Array::from<double>({2, 3}, {1, 2, 3, 4, 5, 6}),
                                Array::from<double>({3}, {10, 20, 30})};
  const std::string linear = R"({"type": "linear", "units": 3, "each_position": true})";
  const Array x = Array::from<double>({1, 2, 2}, {1, 0, 1, 1});
  check_near(output_of(model_of("[2, 2]", 6, linear), w, x), {11, 22, 33, 15, 27, 39});
  check_near(output_of(model_of("[2, 2]", 3, linear + R"(, {"type": "global_avg_pool"})"), w, x),
             {13, 24.5, 36});
}

TEST_CASE("sizes of the layers of sequences") {
  const auto layer = [](const std::string& text) {
    return Model::parse(R"({"input": [5, 6], "classes": 2, "layers": [)" + text +
                            R"(, {"type": "linear", "units": 2}]})",
                        "m.json")
        .layers()[0];
  };
  const LayerInfo lstm = layer(R"({"type": "lstm", "units": 4})");
  CHECK(lstm.output == Shape{4});
  CHECK(lstm.weights == 6 * 16 + 4 * 16);
  CHECK(lstm.biases == 16);
  CHECK(lstm.multiply_adds == 5 * (6 * 16 + 4 * 16));
  CHECK(layer(R"({"type": "lstm", "units": 4, "every_step": true})").output == Shape{5, 4});
  const LayerInfo attention = layer(R"({"type": "attention", "heads": 2})");
  CHECK(attention.output == Shape{5, 6});
  CHECK(attention.weights == 6 * 18 + 6 * 6);
  CHECK(attention.biases == 18 + 6);
  CHECK(attention.multiply_adds == 5 * (6 * 18 + 6 * 6) + 2 * 5 * 5 * 6);
  CHECK(layer(R"({"type": "attention", "bias": false})").biases == 0);
  const LayerInfo position = layer(R"({"type": "position_embedding"})");
  CHECK(position.weights == 30);
  CHECK(layer(R"({"type": "linear", "units": 7, "each_position": true})").output == Shape{5, 7});
}

TEST_CASE("layers of sequences refuse what they cannot read") {
  const auto error = [](const std::string& input, const std::string& layer) {
    return model_error(R"({"input": )" + input + R"(, "classes": 2, "layers": [)" + layer +
                       R"(, {"type": "linear", "units": 2}]})");
  };
  CHECK(error("[8]", R"({"type": "lstm", "units": 3})") ==
        "m.json:1: /layers/0: lstm \"lstm_1\" needs a sequence [steps, features], but \"input\" "
        "gives [8]");
  CHECK(error("[5000, 2]", R"({"type": "lstm", "units": 3})") ==
        "m.json:1: /layers/0: lstm takes at most 4096 steps, but \"input\" gives [5000,2]");
  CHECK(error("[4, 6]", R"({"type": "attention", "heads": 4})") ==
        "m.json:1: /layers/0/heads: 4 must divide the 6 features; \"input\" gives [4,6]");
  CHECK(error("[100000, 4]", R"({"type": "attention"})") ==
        "m.json:1: /layers/0: the scores [1,100000,100000] would have 10000000000 numbers; at most "
        "268435456 are allowed");
  CHECK(error("[4, 6]", R"({"type": "embedding", "tokens": 4, "units": 2})") ==
        "m.json:1: /layers/0: embedding \"embedding_1\" reads whole numbers, so its input must be "
        "the model's \"input\" [steps], but \"input\" gives [4,6]");
  CHECK(error("[4]", R"({"type": "relu"}, {"type": "embedding", "tokens": 4, "units": 2})") ==
        "m.json:1: /layers/1: embedding \"embedding_1\" reads whole numbers, so its input must be "
        "the model's \"input\" [steps], but \"relu_1\" gives [4]");
  CHECK(error("[4]", R"({"type": "embedding", "tokens": 0, "units": 2})") ==
        "m.json:1: /layers/0/tokens: must be at least 1, got 0");
  CHECK(error("[4]", R"({"type": "global_avg_pool"})") ==
        "m.json:1: /layers/0: global_avg_pool \"global_avg_pool_1\" needs an image [rows, columns, "
        "channels] or a sequence [steps, features], but \"input\" gives [4]");
}

}  // namespace autonet::internal
