// Trains a JSON model on the host's own images and integer labels, saves it, loads it, and answers
// requests: first by predict(), then from a pool of eight threads that share one Predictor.
#include <autonet/autonet.h>

#include <cstdio>
#include <filesystem>
#include <thread>
#include <vector>

using namespace autonet;

namespace {

/// Images of 12 x 12 with a bright bar, upright (class 0) or level (class 1), in noise.
Images bars(Index count, std::uint64_t seed) {
  Images images{.count = count, .rows = 12, .cols = 12, .channels = 1};
  Random random(seed);
  for (Index n = 0; n < count; ++n) {
    const auto label = static_cast<std::int32_t>(random.below(2));
    const auto place = static_cast<Index>(random.below(12));
    for (Index i = 0; i < 12; ++i) {
      for (Index j = 0; j < 12; ++j) {
        const bool bright = (label == 0 ? j : i) == place;
        images.pixels.push_back(static_cast<float>(random.uniform(0, 0.5) + (bright ? 0.5 : 0.0)));
      }
    }
    images.labels.push_back(label);
  }
  return images;
}

}  // namespace

int main() {
  const Model model = Model::parse(R"({
    "name": "bars", "input": [12, 12, 1], "classes": 2,
    "layers": [
      { "type": "conv2d", "channels": 4, "kernel": 5, "padding": 2, "activation": "relu" },
      { "type": "max_pool2d", "kernel": 4, "stride": 4 },
      { "type": "linear", "units": 2 }
    ],
    "loss": "softmax_cross_entropy",
    "training": { "epochs": 8, "batch_size": 20, "optimizer": { "type": "adam", "learning_rate": 0.01 } }
  })",
                                   "bars");
  Splits data;
  data.classes = 2;
  data.train = bars(400, 1);
  data.validation = bars(100, 2);
  Context context;
  const FitResult result = fit(model, data, context);

  const std::string file =
      (std::filesystem::temp_directory_path() / "autonet_example_bars.safetensors").string();
  save_weights(model, result.weights, file);
  const Weights weights = load_weights(model, file);
  std::filesystem::remove(file);

  Images test = bars(64, 3);
  const Array x = view(test.pixels, {64, 12, 12, 1});
  const Prediction prediction = predict(model, weights, x, context);
  int right = 0;
  for (size_t n = 0; n < 64; ++n) right += prediction.classes[n] == test.labels[n];
  std::printf("%d of 64 right\n", right);

  // A server: each request is one image, and any thread may answer it.
  const Predictor predictor(model, weights);
  std::vector<std::vector<double>> answers(64);
  std::vector<std::thread> pool;
  for (size_t t = 0; t < 8; ++t) {
    pool.emplace_back([&, t] {
      for (size_t n = t; n < 64; n += 8)
        answers[n] = predictor(x.slice(0, static_cast<Index>(n), 1)).outputs.to_vector();
    });
  }
  for (std::thread& thread : pool) thread.join();
  int same = 0;
  for (size_t n = 0; n < 64; ++n)
    same += answers[n] == predictor(x.slice(0, static_cast<Index>(n), 1)).outputs.to_vector();
  std::printf("%d of 64 answers of eight threads have the bits that one thread gives\n", same);
  return right >= 60 && same == 64 ? 0 : 1;
}
