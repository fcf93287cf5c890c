// conv2d_transpose, upsample and group_norm as layers: values by hand, sizes, and what they refuse.
#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "autonet/autograd/random.h"
#include "autonet/models/model.h"
#include "tests/models/scratch_model.h"

namespace autonet::internal {
namespace {

using Numbers = std::vector<double>;

std::string text_of(const std::string& input, Index outputs, const std::string& layer) {
  return R"({"name": "m", "input": )" + input + R"(, "outputs": )" + std::to_string(outputs) +
         R"(, "layers": [)" + layer +
         R"(], "loss": "mean_squared_error", "training": {"precision": "f64"}})";
}

/// The output of one layer for one input of these lengths.
Numbers output_of(const std::string& input, Index outputs, const std::string& layer,
                  const std::vector<Array>& weights, const Numbers& x) {
  const Model model = Model::parse(text_of(input, outputs, layer), "m.json");
  Tape tape;
  std::vector<Var> parameters;
  for (const Array& w : weights) parameters.push_back(tape.variable(w));
  return model
      .record(tape.constant(Array::from<double>(model.batch_shape(1), x)), parameters, {},
              Model::Mode::evaluation, tape.constant(Array::scalar(0.0, DType::f64)))
      .output.value()
      .to_vector();
}

Numbers counted(Index n) {
  Numbers numbers;
  for (Index i = 0; i < n; ++i) numbers.push_back(std::sin(1.0 + static_cast<double>(i)));
  return numbers;
}

void check_near(const Numbers& a, const Numbers& b) {
  REQUIRE(a.size() == b.size());
  for (size_t i = 0; i < a.size(); ++i) CHECK(a[i] == doctest::Approx(b[i]).epsilon(1e-12));
}

}  // namespace

TEST_CASE("conv2d_transpose adds a kernel for each input") {
  // 2 x 3 inputs with 2 channels, kernel 3 x 2, stride [2, 1], 3 channels out, a row cut off at the
  // top and one added at the bottom: 2 + 3 - 1 + 1 = 5 rows and 2 + 2 = 4 columns.
  const Numbers x = counted(12);
  const Numbers w = counted(3 * 2 * 3 * 2);
  const Numbers b = {0.1, 0.2, 0.3};
  Numbers expected;
  for (Index i = 0; i < 60; ++i) expected.push_back(b[static_cast<size_t>(i % 3)]);
  for (Index i = 0; i < 2; ++i) {
    for (Index j = 0; j < 3; ++j) {
      for (Index r = 0; r < 3; ++r) {
        for (Index s = 0; s < 2; ++s) {
          const Index row = 2 * i + r - 1;
          const Index col = j + s;
          if (row < 0 || row >= 5) continue;
          for (Index k = 0; k < 3; ++k) {
            for (Index c = 0; c < 2; ++c) {
              expected[static_cast<size_t>((row * 4 + col) * 3 + k)] +=
                  x[static_cast<size_t>((i * 3 + j) * 2 + c)] *
                  w[static_cast<size_t>(((r * 2 + s) * 3 + k) * 2 + c)];
            }
          }
        }
      }
    }
  }
  const std::vector<Array> weights = {Array::from<double>({3, 2, 3, 2}, w),
                                      Array::from<double>({3}, b)};
  check_near(output_of("[2, 3, 2]", 60,
                       R"({"type": "conv2d_transpose", "channels": 3, "kernel": [3, 2],
                           "stride": [2, 1], "padding": [[1, 0], [0, 0]], "more": [1, 0]})",
                       weights, x),
             expected);
}

TEST_CASE("conv2d_transpose with same padding multiplies the size by the stride") {
  for (const int kernel : {1, 2, 3, 4, 5}) {
    for (const int stride : {1, 2, 3}) {
      CAPTURE(kernel);
      CAPTURE(stride);
      const Model model = Model::parse(
          R"({"input": [3, 4, 2], "classes": 2, "layers": [{"type": "conv2d_transpose",
              "channels": 6, "groups": 2, "padding": "same", "kernel": )" +
              std::to_string(kernel) + R"(, "stride": )" + std::to_string(stride) +
              R"(}, {"type": "linear", "units": 2}]})",
          "m.json");
      const LayerInfo& layer = model.layers()[0];
      CHECK(layer.output == Shape{3 * stride, 4 * stride, 6});
      CHECK(layer.weights == kernel * kernel * 3 * 2);
      CHECK(layer.biases == 6);
      CHECK(layer.multiply_adds == 3 * 4 * 2 * kernel * kernel * 3);
    }
  }
}

TEST_CASE("upsample repeats or interpolates") {
  const Numbers x = {1, 2, 3, 5};
  check_near(output_of("[2, 2, 1]", 12, R"({"type": "upsample", "factor": [1, 3]})", {}, x),
             {1, 1, 1, 2, 2, 2, 3, 3, 3, 5, 5, 5});
  check_near(output_of("[2, 2, 1]", 8,
                       R"({"type": "upsample", "factor": [1, 2], "method": "linear"})", {}, x),
             {1, 1.25, 1.75, 2, 3, 3.5, 4.5, 5});
}

TEST_CASE("group_norm normalises each group of channels over all positions") {
  const Numbers x = counted(8);  // [2,1,4]: groups of channels 0, 1 and 2, 3
  const Numbers weight = {1, 2, 3, 4};
  const Numbers bias = {0.5, 0, -1, 2};
  Numbers expected(8);
  for (size_t g = 0; g < 2; ++g) {
    const std::vector<size_t> members = {2 * g, 2 * g + 1, 4 + 2 * g, 5 + 2 * g};
    double mean = 0.0;
    for (const size_t i : members) mean += x[i] / 4;
    double variance = 0.0;
    for (const size_t i : members) variance += (x[i] - mean) * (x[i] - mean) / 4;
    for (const size_t i : members)
      expected[i] = (x[i] - mean) / std::sqrt(variance + 0.1) * weight[i % 4] + bias[i % 4];
  }
  check_near(output_of("[2, 1, 4]", 8, R"({"type": "group_norm", "groups": 2, "epsilon": 0.1})",
                       {Array::from<double>({4}, weight), Array::from<double>({4}, bias)}, x),
             expected);
}

TEST_CASE("layers that enlarge refuse what they cannot do") {
  const auto error = [](const std::string& input, const std::string& layer) {
    return model_error(text_of(input, 1, layer + R"(, {"type": "linear", "units": 1})"));
  };
  const std::string transposed = R"({"type": "conv2d_transpose", "channels": 3, "kernel": 2, )";
  CHECK(
      error("[4, 4]", transposed + R"("stride": 2})") ==
      "m.json:1: /layers/0: conv2d_transpose \"conv2d_transpose_1\" needs an image [rows, columns, "
      "channels], but \"input\" gives [4,4]");
  CHECK(error("[4, 4, 2]", transposed + R"("stride": 2, "more": 2})") ==
        "m.json:1: /layers/0/more: must be smaller than the stride, got 2 for a stride of 2");
  CHECK(error("[1, 4, 2]", transposed + R"("padding": 1})") ==
        "m.json:1: /layers/0/padding: leaves nothing of the output: 1 and 1 are taken from 2 rows; "
        "\"input\" gives [1,4,2]");
  CHECK(error("[4, 4, 2]", transposed + R"("groups": 2})") ==
        "m.json:1: /layers/0/groups: 2 must divide the 2 input channels and the 3 output channels; "
        "\"input\" gives [4,4,2]");
  CHECK(error("[4, 4, 2]", R"({"type": "upsample", "factor": 0})") ==
        "m.json:1: /layers/0/factor: must be at least 1, got 0");
  CHECK(error("[4096, 4096, 2]", R"({"type": "upsample", "factor": 4096})") ==
        "m.json:1: /layers/0: an output [16777216,16777216,2] would have 562949953421312 numbers; "
        "at most 268435456 are allowed");
  CHECK(error("[4, 4, 2]", R"({"type": "upsample", "factor": 2, "method": "cubic"})") ==
        "m.json:1: /layers/0/method: unknown method \"cubic\"; known: nearest, linear");
  CHECK(error("[4, 4, 6]", R"({"type": "group_norm", "groups": 4})") ==
        "m.json:1: /layers/0/groups: 4 must divide the 6 channels; \"input\" gives [4,4,6]");
}

}  // namespace autonet::internal
