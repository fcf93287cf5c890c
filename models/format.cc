#include "models/format.h"

#include <string>

#include "data/table.h"
#include "models/layer.h"
#include "models/losses.h"

namespace autonet {
namespace {

using Kind = Key::Kind;
constexpr double kMostSeed = 9007199254740991;  // 2^53 - 1: exact in every JSON reader

Key object_key(const std::string& name, const std::string& doc, std::vector<Key> keys) {
  Key key{name, Kind::object, doc};
  key.types = {{name, doc, std::move(keys)}};
  return key;
}

Key tagged_key(const std::string& name, const std::string& doc, const std::string& fallback,
               std::vector<ObjectType> types) {
  Key key{name, Kind::tagged, doc, "\"" + fallback + "\""};
  for (ObjectType& type : types) {
    Key tag{"type", Kind::text, "which " + name + " it is"};
    tag.required = true;
    tag.choices = {type.name};
    type.keys.insert(type.keys.begin(), tag);
  }
  key.types = std::move(types);
  return key;
}

/// A number in (low, high).
Key between(const std::string& name, const std::string& doc, const std::string& fallback,
            double low, double high) {
  Key key{name, Kind::number, doc, fallback, false, low, high};
  key.open = true;
  return key;
}

Key optimizer_key() {
  const Key rate = between("learning_rate", "the size of a step", "0.01", 0, 1000);
  const std::vector<Key> moments = {
      rate,
      {"beta1", Kind::number, "how much of the mean gradient is kept", "0.9", false, 0, 0.999999},
      {"beta2", Kind::number, "how much of the mean square is kept", "0.999", false, 0, 0.999999},
      between("epsilon", "added to the root of the mean square", "1e-8", 0, 1)};
  std::vector<Key> decoupled = moments;
  decoupled.push_back({"weight_decay", Kind::number,
                       "the share of each weight that a step of learning rate 1 takes away", "0.01",
                       false, 0, 1000});
  return tagged_key(
      "optimizer", "how gradients change the parameters", "sgd",
      {{"sgd",
        "Gradient descent on mini-batches: v = momentum v + g, w = w - learning_rate v.",
        {rate,
         {"momentum", Kind::number, "how much of the last step is kept", "0", false, 0, 0.999999},
         {"nesterov", Kind::flag, "whether the gradient is taken as if after the momentum's step",
          "false"}}},
       {"adam", "Kingma, Ba, arXiv:1412.6980.", moments},
       {"adamw", "Adam with decoupled weight decay: Loshchilov, Hutter, arXiv:1711.05101.",
        decoupled}});
}

Key schedule_key() {
  const Key warmup{"warmup_epochs",
                   Kind::number,
                   "epochs over which the rate first rises straight from 0",
                   "0",
                   false,
                   0,
                   1e6};
  return tagged_key(
      "schedule", "what multiplies the learning rate over time", "constant",
      {{"constant", "The learning rate as it is.", {warmup}},
       {"step",
        "Multiplied by \"factor\" every \"step_epochs\" epochs.",
        {{"step_epochs", Kind::whole, "epochs between changes", "10", false, 1, 1e6},
         between("factor", "what the rate is multiplied by", "0.1", 0, 1000),
         warmup}},
       {"cosine",
        "Half a cosine from 1 down to \"final_fraction\" over all epochs.",
        {{"final_fraction", Kind::number, "where it ends", "0", false, 0, 1}, warmup}},
       {"one_cycle",
        "Up from \"start_fraction\" to 1 at \"peak_at\", then down to 0: Smith, arXiv:1803.09820.",
        {between("peak_at", "the part of the run at which it peaks", "0.3", 0, 1),
         {"start_fraction", Kind::number, "where it starts", "0.04", false, 0, 1},
         warmup}}});
}

Key loss_key() {
  std::vector<ObjectType> types;
  for (const internal::LossType& row : internal::loss_table()) types.push_back(row.object);
  const std::string fallback = types.front().name;
  return tagged_key("loss", "what training minimises", fallback, std::move(types));
}

Key data_key() {
  Key dataset{"dataset", Kind::choice, "the name of the data set"};
  dataset.required = true;
  for (const internal::DatasetInfo& info : internal::dataset_table())
    dataset.choices.push_back(info.name);
  Key normalize{"normalize", Kind::choice, "what is done to the numbers of the images",
                "\"default\""};
  normalize.choices = normalization_names();
  return object_key(
      "data", "what it is trained on",
      {dataset,
       {"validation", Kind::whole, "training images held out at random", "1000", false, 0, 1e9},
       {"seed", Kind::whole, "of that choice", "1", false, 0, kMostSeed},
       {"limit", Kind::whole, "take only the first so many training images", "", false, 1, 1e9},
       normalize});
}

Key training_key() {
  Key precision{"precision", Kind::choice, "of parameters and all arithmetic", "\"f32\""};
  precision.choices = {"f32", "f64"};
  Key training = object_key(
      "training", "how it is trained",
      {{"epochs", Kind::whole, "passes over the training images", "25", false, 0, 1e6},
       {"batch_size", Kind::whole, "images in a mini-batch", "100", false, 1, 1048576},
       {"seed", Kind::whole, "of the first weights, the order of images and dropout", "1", false, 0,
        kMostSeed},
       {"l2_decay", Kind::number, "adds l2_decay * w to the gradient of weights, not of biases",
        "0", false, 0, 1000},
       {"shuffle", Kind::flag, "whether every epoch has its own order", "true"},
       precision,
       optimizer_key(),
       schedule_key(),
       object_key("early_stopping", "ends training that no longer helps",
                  {{"patience", Kind::whole, "epochs without a better validation loss", "", true, 1,
                    1e6}}),
       {"checkpoint", Kind::text,
        "the file for the best weights, .npz or .safetensors, relative to the model's file"}});
  training.fallback = "{}";
  return training;
}

ObjectType make_format() {
  Key layers{"layers", Kind::tag_list, "the layers, each after those that it reads"};
  layers.required = true;
  for (const LayerType& type : layer_table()) layers.types.push_back(type.object);
  return {"model",
          "A network, its data and its training.",
          {{"$schema", Kind::text, "the JSON Schema, for editors"},
           {"name", Kind::name, "what reports call it; the file's name if it is left out"},
           data_key(),
           {"input", Kind::lengths, "[rows, columns, channels] of an image, where \"data\" is none",
            "", false, 1, 65536},
           {"classes", Kind::whole, "the number of classes, where \"data\" is none", "", false, 1,
            16777216},
           layers,
           {"exact", Kind::flag,
            "compute every convolution as the plain sum of its products, never by Winograd's "
            "method, which is faster and rounds a little more",
            "false"},
           loss_key(),
           training_key()}};
}

void read_optimizer(const Fields& fields, OptimizerSettings& optimizer) {
  using Type = OptimizerSettings::Type;
  optimizer.learning_rate = fields.number("learning_rate");
  if (fields.type == "sgd") {
    optimizer.type = Type::sgd;
    optimizer.momentum = fields.number("momentum");
    optimizer.nesterov = fields.flag("nesterov");
    return;
  }
  optimizer.type = fields.type == "adam" ? Type::adam : Type::adamw;
  optimizer.beta1 = fields.number("beta1");
  optimizer.beta2 = fields.number("beta2");
  optimizer.epsilon = fields.number("epsilon");
  if (optimizer.type == Type::adamw) optimizer.weight_decay = fields.number("weight_decay");
}

void read_schedule(const Fields& fields, ScheduleSettings& schedule) {
  using Type = ScheduleSettings::Type;
  schedule.warmup_epochs = fields.number("warmup_epochs");
  if (fields.type == "step") {
    schedule.type = Type::step;
    schedule.step_epochs = fields.whole("step_epochs");
    schedule.factor = fields.number("factor");
  } else if (fields.type == "cosine") {
    schedule.type = Type::cosine;
    schedule.final_fraction = fields.number("final_fraction");
  } else if (fields.type == "one_cycle") {
    schedule.type = Type::one_cycle;
    schedule.peak_at = fields.number("peak_at");
    schedule.start_fraction = fields.number("start_fraction");
  }
}

}  // namespace

const ObjectType& model_format() {
  static const ObjectType format = make_format();
  return format;
}

DataSpec data_spec(const Fields& data) {
  DataSpec spec;
  spec.dataset = data.text("dataset");
  spec.validation = data.whole("validation");
  spec.seed = static_cast<std::uint64_t>(data.whole("seed"));
  if (data.has("limit")) spec.limit = data.whole("limit");
  spec.normalize = data.text("normalize");
  return spec;
}

TrainingSettings training_settings(const Fields& training) {
  TrainingSettings settings;
  settings.epochs = training.whole("epochs");
  settings.batch_size = training.whole("batch_size");
  settings.seed = static_cast<std::uint64_t>(training.whole("seed"));
  settings.l2_decay = training.number("l2_decay");
  settings.shuffle = training.flag("shuffle");
  settings.precision = training.text("precision") == "f64" ? DType::f64 : DType::f32;
  read_optimizer(*training.get<FieldsPtr>("optimizer"), settings.optimizer);
  read_schedule(*training.get<FieldsPtr>("schedule"), settings.schedule);
  if (training.has("early_stopping")) {
    settings.patience = training.get<FieldsPtr>("early_stopping")->whole("patience");
  }
  if (training.has("checkpoint")) settings.checkpoint = training.text("checkpoint");
  return settings;
}

}  // namespace autonet
