// A host program that uses everything: it trains a model, watches it, catches errors.
#include <autonet/autonet.h>

#include <cstdio>
#include <stdexcept>
#include <vector>

#if __has_include(<data/images.h>) || __has_include(<ops/conv2d.h>)
#error "autonet puts more than autonet/ into the include path"
#endif

namespace {

struct Watcher : autonet::FitObserver {
  void on_epoch(const autonet::EpochReport& epoch) override { last = epoch.train.loss; }
  double last = 0;
};

}  // namespace

int main() {
  const auto model = autonet::Model::parse(R"({
    "input": [2, 3, 1], "classes": 2,
    "layers": [{ "type": "linear", "units": 2 }],
    "loss": "softmax_cross_entropy",
    "training": { "epochs": 20, "batch_size": 8, "optimizer": { "type": "sgd", "learning_rate": 0.5 } }
  })",
                                           "host");
  std::vector<float> pixels;
  std::vector<int> labels;
  for (int image = 0; image < 16; ++image) {
    for (int i = 0; i < 6; ++i) pixels.push_back(image % 2 == i % 2 ? 1.0F : 0.0F);
    labels.push_back(image % 2);
  }
  const autonet::Array x = autonet::view(pixels, {16, 2, 3, 1});
  autonet::Context context(2);
  Watcher watcher;
  const auto result = autonet::fit(model, {.x = x, .y = labels}, context, {.observer = &watcher});
  std::printf("loss %.4f after %zu epochs\n", watcher.last, result.epochs.size());

  labels[3] = 7;
  try {
    autonet::fit(model, {.x = x, .y = labels}, context);
  } catch (const autonet::DataError& error) {
    std::printf("%s\n", error.what());
    return watcher.last > 0 && watcher.last < 0.7 ? 0 : 1;
  }
  return 1;
}
