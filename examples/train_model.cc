// A host program: trains a model, given as text, on the built-in digits, and evaluates it.
#include <cstdio>

#include <autonet/autonet.h>

using namespace autonet;

int main() {
  const Model model = Model::parse(R"({
    "name": "small",
    "data": { "dataset": "digits", "validation": 300, "limit": 1500 },
    "layers": [
      { "type": "conv2d", "channels": 8, "kernel": 3, "padding": 1, "activation": "relu" },
      { "type": "max_pool2d", "kernel": 2, "stride": 2 },
      { "type": "linear", "units": 10 }
    ],
    "loss": "softmax_cross_entropy",
    "training": { "epochs": 4, "batch_size": 50, "optimizer": { "type": "adam", "learning_rate": 0.003 } }
  })",
                                   "small");
  const Splits data = load_splits(model.data());
  Context context(hardware_threads());

  struct Printer : FitObserver {
    void on_epoch(const EpochReport& epoch) override {
      std::printf("epoch %d: loss %.3f\n", static_cast<int>(epoch.epoch), epoch.train.loss);
    }
  } printer;
  const Trained result =
      fit(model, data.train, context, {.validation = data.validation, .observer = &printer});
  const Metrics test = evaluate(model, data.test, result.weights, context);
  std::printf("test: cross-entropy %.3f, accuracy %.1f %%\n", test.loss, 100 * test.accuracy);
  return test.accuracy > 0.8 ? 0 : 1;
}
