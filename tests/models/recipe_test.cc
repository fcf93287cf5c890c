// "augment" in "data", and what "training" says about gradients and averages.
#include <doctest/doctest.h>

#include "scratch_model.h"

namespace autonet {
namespace {

std::string with(const std::string& augment, const std::string& rest) {
  return "{\"data\": {\"file\": \"x.npz\",\n\"augment\": " + augment + "},\n" + rest +
         ", \"layers\": [{\"type\": \"linear\", \"units\": 2}]}";
}

constexpr const char* kImages = "\"input\": [4,4,1], \"classes\": 2";

AugmentSettings settings_of(const std::string& augment) {
  return Model::parse(with(augment, kImages), "m.json").data().augment;
}

TEST_CASE("augment is read, and nothing is changed without it") {
  const AugmentSettings all = settings_of(
      R"({"shift": 2, "rotate": 10, "scale": 0.1, "shear": 0.2, "flip": "both",
          "crop": {"padding": 4}, "elastic": {"amount": 0.7}, "noise": 0.05, "cutout": 3,
          "fill": -1, "mixup": 0.2})");
  CHECK(all.shift == 2);
  CHECK(all.rotate == 10);
  CHECK(all.scale == 0.1);
  CHECK(all.shear == 0.2);
  CHECK(all.flip_horizontal);
  CHECK(all.flip_vertical);
  CHECK(all.crop_padding == 4);
  CHECK(all.elastic_amount == 0.7);
  CHECK(all.elastic_spacing == 4);
  CHECK(all.noise == 0.05);
  CHECK(all.cutout == 3);
  CHECK(all.fill == -1);
  CHECK(all.mixup == 0.2);
  CHECK(settings_of("{}").mixup == 0);
  CHECK_FALSE(settings_of("{}").any());
  CHECK_FALSE(settings_of("{}").fill.has_value());
  CHECK_FALSE(settings_of(R"({"flip": "vertical"})").flip_horizontal);
  CHECK_FALSE(settings_of(R"({"flip": "horizontal"})").flip_vertical);
}

TEST_CASE("a wrong augment is an error with its place") {
  CHECK(model_error(with(R"({"shift": -1, "flip": "left", "rotat": 3, "elastic": {}})", kImages)) ==
        "m.json:2: /data/augment/shift: must be at least 0, got -1\n"
        "m.json:2: /data/augment/flip: unknown flip \"left\"; known: horizontal, vertical, both\n"
        "m.json:2: /data/augment/rotat: unknown key; did you mean \"rotate\"?\n"
        "m.json:2: /data/augment/elastic: \"amount\" is missing: the standard deviation of the "
        "movement, in pixels");
  CHECK(model_error(with("{\"noise\": 0.1}", "\"input\": [16], \"classes\": 2")) ==
        "m.json:2: /data/augment: changes images [rows, columns, channels], but the model's input "
        "is [16]; of its keys, only \"mixup\" is for other inputs");
  CHECK(Model::parse(with("{\"mixup\": 0.1}", "\"input\": [16], \"classes\": 2"), "m.json")
            .data()
            .augment.mixup == 0.1);
  CHECK(model_error(with("{\"mixup\": -1}", kImages)) ==
        "m.json:2: /data/augment/mixup: must be at least 0, got -1");
  CHECK(model_error(R"({"input": [5], "classes": 2,
"data": {"file": "x.npz", "augment": {"mixup": 0.2}}, "layers": [
  {"type": "embedding", "tokens": 9, "units": 3}, {"type": "linear", "units": 2}]})") ==
        "m.json:2: /data/augment/mixup: takes means of inputs, but those of layer \"embedding_1\" "
        "are whole numbers, tokens; leave it out");
}

TEST_CASE("stratified and mean_image are read; stratified is for classes") {
  const auto text = [](const std::string& ends) {
    return "{\"input\": [4,4,1], \"data\": {\"file\": \"x.npz\",\n\"stratified\": true, "
           "\"normalize\": \"mean_image\"},\n" +
           ends + ", \"layers\": [{\"type\": \"linear\", \"units\": 2}]";
  };
  const Model model = Model::parse(text("\"classes\": 2") + "}", "m.json");
  CHECK(model.data().stratified);
  CHECK(model.data().normalize == "mean_image");
  CHECK_FALSE(Model::parse(with("{}", kImages), "m.json").data().stratified);
  CHECK(model_error(text("\"outputs\": 2") + ", \"loss\": \"mean_squared_error\"}") ==
        "m.json:2: /data/stratified: is for a model with \"classes\", but this one has "
        "\"outputs\"; leave it out");
}

TEST_CASE("clip_norm, ema and a plateau are read") {
  const auto model = [](const std::string& training) {
    return "{\"input\": [4,4,1], \"classes\": 2, \"layers\": [{\"type\": \"linear\", \"units\": "
           "2}],"
           "\n\"training\": " +
           training + "}";
  };
  const TrainingSettings s = Model::parse(model(R"({"clip_norm": 2, "ema": 0.99,
                             "schedule": {"type": "plateau", "factor": 0.3, "patience": 7}})"),
                                          "m.json")
                                 .training();
  CHECK(s.clip_norm == 2.0);
  CHECK(s.ema == 0.99);
  CHECK(s.schedule.type == ScheduleSettings::Type::plateau);
  CHECK(s.schedule.factor == 0.3);
  CHECK(s.schedule.patience == 7);
  const TrainingSettings plain = Model::parse(model("{}"), "m.json").training();
  CHECK_FALSE(plain.clip_norm.has_value());
  CHECK_FALSE(plain.ema.has_value());
  CHECK(model_error(model("{\"clip_norm\": 0, \"ema\": 1}")) ==
        "m.json:2: /training/clip_norm: must be above 0, got 0\n"
        "m.json:2: /training/ema: must be below 1, got 1");
}

}  // namespace
}  // namespace autonet
