// Emitted C on a Cortex-M4 that QEMU emulates, compared with what autonet computes.
#include <doctest/doctest.h>

#include "tests/exchange/emitted_c.h"

namespace autonet {
namespace {

bool skipped() {
  std::string lacks;
  for (const char* tool : {"arm-none-eabi-gcc", "qemu-system-arm"}) {
    if (!has_tool(tool)) lacks += text::concat(lacks.empty() ? "" : " and ", tool);
  }
  if (lacks.empty() &&
      output_of("arm-none-eabi-gcc -print-file-name=rdimon.specs").out == "rdimon.specs\n") {
    lacks = "libnewlib-arm-none-eabi";
  }
  if (lacks.empty()) return false;
  std::cout << "SKIPPED: emitted C on an emulated Cortex-M4, as there is no " << lacks << "\n";
  return true;
}

Computed on_cortex_m4(const Model& model, const Examples& examples, const CSourceOptions& options) {
  const CSource source = to_c_source(model, model.initial_weights(DType::f32, 1), options);
  const Scratch folder;
  folder.write(source);
  folder.write("main.c", main_text(model, source, examples, options));
  const std::string board = std::string(AUTONET_SOURCE_DIR) + "/examples/microcontroller/";
  const Printed made = output_of(text::concat(
      "cd ", folder.path(),
      " && arm-none-eabi-gcc -std=c99 -O2 -Wall -Wextra -Wconversion -Werror ",
      "-mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16 --specs=rdimon.specs -T ", board,
      "mps2.ld ", board, "start.c ", source.name, ".c main.c -o program.elf -lm"));
  REQUIRE_MESSAGE(made.status == 0, made.out);
  const Printed ran = output_of(text::concat(
      "cd ", folder.path(), " && timeout 120 qemu-system-arm -M mps2-an386 -display none ",
      "-serial none -monitor none -semihosting-config enable=on,target=native -kernel "
      "program.elf"));
  REQUIRE_MESSAGE(ran.status == 0, ran.out);
  return read_numbers(ran.out, model, examples.count(), options);
}

}  // namespace

TEST_CASE("predictions and twenty training steps on a Cortex-M4 are those of autonet") {
  if (skipped()) return;
  std::cout << "seed " << seed_of_run() << "\n";
  for (const char* name : {"logreg", "net_1layer", "convnet_gradcheck", "convnet1"}) {
    INFO(name);
    const Model model = Model::load(std::string(AUTONET_SOURCE_DIR) + "/models/" + name + ".json",
                                    {"training.optimizer.learning_rate=0.01"});
    const CSourceOptions options{.train = true, .batch = 2};
    const Examples examples = internal::random_examples(model, 10, seed_of_run());
    const Computed c = on_cortex_m4(model, examples, options);
    const Computed own = by_autonet(model, examples, options);
    const double outputs = difference(c.outputs, own.outputs);
    // A loss below 0.1 is the difference of numbers near 1, so its error is compared with 0.1.
    const double losses = relative_difference(c.losses, own.losses, 0.1);
    const double weights = difference(c.weights, own.weights);
    std::cout << name << " on a Cortex-M4: predictions differ by " << outputs << ", losses by "
              << losses << ", weights by " << weights << "\n";
    CHECK(outputs < 5e-6);
    CHECK(losses < 1e-5);
    CHECK(weights < 1e-5);
  }
}

TEST_CASE("a network in 8 bits on a Cortex-M4 is near that in f32") {
  if (skipped()) return;
  std::cout << "seed " << seed_of_run() << "\n";
  const Model model = Model::load(std::string(AUTONET_SOURCE_DIR) + "/models/convnet1.json",
                                  {"loss=mean_squared_error"});
  const Examples examples = internal::random_examples(model, 10, seed_of_run());
  const Computed c = on_cortex_m4(model, examples, {.int8 = true, .calibration = examples.x});
  const Computed own = by_autonet(model, examples, {});
  CHECK(difference(c.outputs, own.outputs) < 0.05);
}

}  // namespace autonet
