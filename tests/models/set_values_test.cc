// Model::parse() with settings, which change values of the file.
#include <doctest/doctest.h>
#include "autonet/autograd/error.h"
#include "autonet/models/model.h"

namespace autonet {
namespace {

const std::string kText = R"({ "name": "m", "input": [8, 8, 1], "classes": 4,
  "layers": [ { "name": "conv_1", "type": "conv2d", "channels": 3, "kernel": 3 },
    { "name": "out.put", "type": "linear", "units": 4 } ],
  "loss": "softmax_cross_entropy",
  "training": { "optimizer": { "type": "sgd", "learning_rate": 0.5 } } })";

Model with(const std::vector<std::string>& settings) {
  return Model::parse(kText, "m.json", settings);
}

std::string mistake(const std::vector<std::string>& settings) {
  try {
    with(settings);
  } catch (const ModelError& error) {
    return error.what();
  }
  return "none";
}

TEST_CASE("settings change values, by key, number and name of a layer") {
  const Model m = with({"training.optimizer.learning_rate=0.25", "layers.conv_1.channels=5",
                        "layers.0.kernel=[5,3]", "training.epochs=3", "/layers/out.put/bias=false",
                        "name=other"});
  CHECK(m.name() == "other");
  CHECK(m.training().optimizer.learning_rate == 0.25);
  CHECK(m.training().epochs == 3);
  CHECK(m.parameters()[0].shape == Shape{5, 3, 1, 5});
  CHECK(m.parameters().size() == 3);
  CHECK(m.settings().size() == 6);
  // The text is that of the changed model, so that checkpoints hold it.
  const Model again = Model::parse(m.text(), "again.json");
  CHECK(again.training().optimizer.learning_rate == 0.25);
  CHECK(again.parameters()[0].shape == Shape{5, 3, 1, 5});
  CHECK(again.settings().empty());
  CHECK(with({}).text() == kText);
}

TEST_CASE("objects that are missing on the way are made, and a later setting wins") {
  const Model m = with({"training.schedule.type=cosine", "training.seed=7", "training.seed=8"});
  CHECK(m.training().schedule.type == ScheduleSettings::Type::cosine);
  CHECK(m.training().seed == 8);
}

TEST_CASE("a mistake in a setting names the setting, not a line of the file") {
  CHECK(mistake({"training.epochs=few"}) ==
        "--set training.epochs=few: /training/epochs: must be a whole number, got \"few\"");
  CHECK(mistake({"training.epoch=3"}) ==
        "--set training.epoch=3: /training/epoch: unknown key; did you mean \"epochs\"?");
  CHECK(mistake({"layers.conv1.channels=3"}) ==
        "--set layers.conv1.channels=3: /layers: has no element named \"conv1\"; did you mean "
        "\"conv_1\"?");
  CHECK(mistake({"layers.2.units=3"}) ==
        "--set layers.2.units=3: /layers: has 2 elements, counted from 0: there is no 2");
  CHECK(mistake({"name.x=1"}) == "--set name.x=1: /name: is \"m\", which has no x");
  CHECK(mistake({"training"}) == "--set training: must be PATH=VALUE, as in training.epochs=12");
  CHECK(mistake({"training..epochs=1"}) == "--set training..epochs=1: the path has an empty step");
  CHECK(mistake({"training.optimizer={\"type\": \"sgd\", \"lr\": 1}"})
            .starts_with(
                "--set training.optimizer={\"type\": \"sgd\", \"lr\": 1}: /training/optimizer"));
  // All mistakes are reported, those of the file with their lines.
  CHECK(mistake({"layers.conv_1.channels=0", "layers.out.put.units=3"}).find('\n') !=
        std::string::npos);
  CHECK(mistake({"/layers/out.put/units=3"}).starts_with("m.json:3: /layers/1: the last layer"));
}

}  // namespace
}  // namespace autonet
