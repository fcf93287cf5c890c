// Trains JSON models on the host's own arrays: images with integer labels, then vectors with real
// targets. The first is saved, loaded, and answers requests from a pool of eight threads that share
// one Predictor.
#include <autonet/autonet.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <thread>
#include <vector>

using namespace autonet;

namespace {

constexpr Index kSide = 12;

/// Pictures as a host may have them: pixels in one vector, labels in another.
struct Pictures {
  std::vector<float> pixels;
  std::vector<int> labels;

  Index count() const { return std::ssize(labels); }
  Array x() const { return view(pixels, {count(), kSide, kSide, 1}); }
};

/// Pictures with a bright bar, upright (class 0) or level (class 1), in noise.
Pictures bars(Index count, std::uint64_t seed) {
  Pictures pictures;
  Random random(seed);
  for (Index n = 0; n < count; ++n) {
    const int label = static_cast<int>(random.below(2));
    const auto place = static_cast<Index>(random.below(kSide));
    for (Index i = 0; i < kSide; ++i) {
      for (Index j = 0; j < kSide; ++j) {
        const double bar = (label == 0 ? j : i) == place ? 0.5 : 0.0;
        pictures.pixels.push_back(static_cast<float>(random.uniform(0, 0.5) + bar));
      }
    }
    pictures.labels.push_back(label);
  }
  return pictures;
}

bool classify_pictures(Context& context) {
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
  const Pictures train = bars(500, 1);
  const Trained trained =
      fit(model, {.x = train.x(), .y = train.labels}, context, {.validation_share = 0.2});

  const std::string file =
      (std::filesystem::temp_directory_path() / "autonet_example_bars.safetensors").string();
  trained.save(file);
  const Predictor predict(load_trained(file), {.max_batch = 64});
  std::filesystem::remove(file);

  const Pictures test = bars(64, 3);
  const std::vector<Index> classes = predict(test.x()).classes;
  int right = 0;
  for (size_t n = 0; n < 64; ++n) right += classes[n] == test.labels[n];
  std::printf("%s 60 of 64 pictures right\n", right >= 60 ? "at least" : "fewer than");

  // A server: each request is one picture, and any thread may answer it.
  const auto answer = [&](size_t n) {
    return predict(test.x().slice(0, static_cast<Index>(n), 1)).outputs.to_vector();
  };
  std::vector<std::vector<double>> answers(64);
  std::vector<std::thread> pool;
  for (size_t t = 0; t < 8; ++t) {
    pool.emplace_back([&, t] {
      for (size_t n = t; n < 64; n += 8) answers[n] = answer(n);
    });
  }
  for (std::thread& thread : pool) thread.join();
  int same = 0;
  for (size_t n = 0; n < 64; ++n) same += answers[n] == answer(n);
  std::printf("%d of 64 answers of eight threads have the bits that one thread gives\n", same);
  return right >= 60 && same == 64;
}

bool predict_numbers(Context& context) {
  const Model model = Model::parse(R"({
    "name": "waves", "input": [2], "outputs": 1,
    "layers": [
      { "type": "linear", "units": 16, "activation": "tanh" },
      { "type": "linear", "units": 1 }
    ],
    "loss": "mean_squared_error",
    "training": { "epochs": 200, "batch_size": 32, "optimizer": { "type": "adam", "learning_rate": 0.01 } }
  })",
                                   "waves");
  std::vector<float> points;
  std::vector<float> heights;  // sin(3 x) + y / 2
  Random random(7);
  for (Index n = 0; n < 300; ++n) {
    const double x = random.uniform(-1, 1);
    const double y = random.uniform(-1, 1);
    points.insert(points.end(), {static_cast<float>(x), static_cast<float>(y)});
    heights.push_back(static_cast<float>(std::sin(3 * x) + y / 2));
  }
  const Examples examples{.x = view(points, {300, 2}), .y = view(heights, {300})};
  const Trained trained = fit(model, examples, context, {.validation_share = 0.2});
  const double rmse = evaluate(model, examples, trained.weights, context).rmse;
  std::printf("heights of waves: root mean squared error %s 0.1\n", rmse < 0.1 ? "below" : "above");
  return rmse < 0.1;
}

}  // namespace

int main() {
  Context context;
  const bool classified = classify_pictures(context);
  const bool predicted = predict_numbers(context);
  return classified && predicted ? 0 : 1;
}
