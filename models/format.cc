#include "models/format.h"

#include <algorithm>
#include <span>

#include "data/table.h"
#include "models/augment_format.h"
#include "models/layer.h"
#include "models/losses.h"

namespace autonet::internal {
namespace {

using Kind = Key::Kind;
constexpr double kMaxSeed = 9007199254740991;  // 2^53 - 1: every JSON reader keeps it exact

/// In the order of OptimizerSettings::Type.
std::vector<ObjectType> optimizer_types() {
  const Key rate =
      number_key("learning_rate", "the size of a step", strictly_within(0, 1000), "0.01");
  const std::vector<Key> sgd = {
      rate,
      number_key("momentum", "the fraction of the last step that is kept", within(0, 0.999999),
                 "0"),
      flag_key("nesterov", "whether the gradient is taken where momentum alone would lead",
               "false")};
  const std::vector<Key> adam = {
      rate,
      number_key("beta1", "the fraction of the mean gradient that is kept", within(0, 0.999999),
                 "0.9"),
      number_key("beta2", "the fraction of the mean squared gradient that is kept",
                 within(0, 0.999999), "0.999"),
      number_key("epsilon", "added to the root of the mean squared gradient", strictly_within(0, 1),
                 "1e-8")};
  std::vector<Key> adamw = adam;
  adamw.push_back(number_key("weight_decay",
                             "the fraction of each weight that a step with learning rate 1 removes",
                             within(0, 1000), "0.01"));
  return {{.name = "sgd",
           .doc = "Gradient descent on mini-batches: v = momentum v + g, w = w - learning_rate v.",
           .keys = sgd},
          {.name = "adam", .doc = "Adam: Kingma, Ba, arXiv:1412.6980.", .keys = adam},
          {.name = "adamw",
           .doc = "Adam with decoupled weight decay: Loshchilov, Hutter, arXiv:1711.05101.",
           .keys = adamw}};
}

/// In the order of ScheduleSettings::Type.
std::vector<ObjectType> schedule_types() {
  const Key warmup =
      number_key("warmup_epochs", "epochs at the start over which the rate rises linearly from 0",
                 within(0, 1e6), "0");
  return {
      {.name = "constant", .doc = "The same learning rate throughout.", .keys = {warmup}},
      {.name = "step",
       .doc = "Multiplied by \"factor\" every \"step_epochs\" epochs.",
       .keys = {whole_key("step_epochs", "epochs between changes", within(1, 1e6), "10"),
                number_key("factor", "what the rate is multiplied by", strictly_within(0, 1000),
                           "0.1"),
                warmup}},
      {.name = "cosine",
       .doc = "Half a cosine from 1 down to \"final_fraction\" over all epochs.",
       .keys = {number_key("final_fraction", "the value at the end", within(0, 1), "0"), warmup}},
      {.name = "one_cycle",
       .doc = "Up from \"start_fraction\" to 1 at \"peak_at\", then down to 0: Smith, "
              "arXiv:1803.09820.",
       .keys = {number_key("peak_at", "the fraction of the run at which the peak is",
                           strictly_within(0, 1), "0.3"),
                number_key("start_fraction", "the value at the start", within(0, 1), "0.04"),
                warmup}},
      {.name = "plateau",
       .doc = "Multiplied by \"factor\" after every \"patience\" epochs without a better "
              "validation loss (training loss, if nothing is held out).",
       .keys = {
           number_key("factor", "what the rate is multiplied by", strictly_within(0, 1), "0.5"),
           whole_key("patience", "epochs without a better loss", within(1, 1e6), "3"), warmup}}};
}

template <typename Row>
std::vector<ObjectType> object_types(std::span<const Row> table) {
  std::vector<ObjectType> types;
  for (const Row& row : table) types.push_back(row.object);
  return types;
}

Key data_key() {
  return object_key(
      "data", "the data set that the model is trained on",
      {choice_key("dataset", "the name of a data set that the program knows",
                  names_of(dataset_table())),
       {.name = "file",
        .kind = Kind::text,
        .doc = "instead of \"dataset\": a file of your own, relative to the model's file: .csv, "
               ".npy, .svm, .libsvm, -ubyte, .idx, or .npz, .safetensors and .h5 with the arrays "
               "\"x\", inputs [n,...], and \"y\", labels [n] or targets [n,outputs]; \"x_test\" "
               "and \"y_test\" may be added"},
       {.name = "labels",
        .kind = Kind::text,
        .doc = "the file of the labels, where \"file\" is .npy or IDX"},
       {.name = "label",
        .kind = Kind::texts,
        .doc = "the column of a .csv with the classes or, with \"outputs\", the targets: a name, "
               "or a list of names"},
       {.name = "test", .kind = Kind::text, .doc = "a file like \"file\" with the test examples"},
       {.name = "test_labels",
        .kind = Kind::text,
        .doc = "the file of the labels of \"test\", where it is .npy or IDX"},
       {.name = "folder",
        .kind = Kind::text,
        .doc = "instead of \"dataset\": a folder with a folder of pictures (PNG, JPEG, PGM, PPM) "
               "for each class, or with the folders train and test above those"},
       {.name = "size",
        .kind = Kind::extent,
        .doc = "the rows and columns to which the pictures of a \"folder\" are resized",
        .range = within(1, 65536)},
       choice_key("colour", "what the pictures of a \"folder\" become; by default grey if all are",
                  {"grey", "rgb"}),
       whole_key("validation", "training examples to set aside, at random, for validation",
                 within(0, 1e9), "1000"),
       whole_key("seed", "the seed of the random choice of validation examples",
                 within(0, kMaxSeed), "1"),
       flag_key("stratified", "whether the same share of every class is set aside for validation",
                "false"),
       whole_key("limit", "use only this many training examples, the first", within(1, 1e9)),
       choice_key("normalize", "how the inputs are scaled and shifted", normalization_names(),
                  "\"default\""),
       augment_key()});
}

Key training_key() {
  Key training = object_key(
      "training", "how the model is trained",
      {whole_key("epochs", "passes over the training images", within(0, 1e6), "25"),
       whole_key("batch_size", "images in a mini-batch", within(1, 1048576), "100"),
       whole_key("seed", "the seed of the initial weights, the order of the images and dropout",
                 within(0, kMaxSeed), "1"),
       number_key("l2_decay", "adds l2_decay * w to the gradient of weights, not of biases",
                  within(0, 1000), "0"),
       flag_key("shuffle", "whether every epoch takes the images in a new order", "true"),
       choice_key("precision", "the number type of the parameters and all arithmetic",
                  {"f32", "f64"}, "\"f32\""),
       tagged_key("optimizer", "how gradients change the parameters", optimizer_types()),
       tagged_key("schedule", "the factor on the learning rate over time", schedule_types()),
       number_key("clip_norm",
                  "scales the gradients of a step down if the root of the sum of all their squares "
                  "is larger than this",
                  strictly_within(0, 1e9)),
       number_key("ema",
                  "evaluates and saves a moving average of the weights, of which each step keeps "
                  "this fraction",
                  strictly_within(0, 1)),
       object_key("early_stopping", "ends training when validation no longer improves",
                  {whole_key("patience", "epochs without a better validation loss", within(1, 1e6))
                       .as_required()}),
       {.name = "checkpoint",
        .kind = Kind::text,
        .doc = "the file for the best weights, .npz or .safetensors; its path is relative to "
               "the model's file"}});
  training.fallback = "{}";
  return training;
}

ObjectType make_format() {
  return {.name = "model",
          .doc = "A network, its data and its training.",
          .keys = {{.name = "$schema", .kind = Kind::text, .doc = "the JSON Schema, for editors"},
                   {.name = "name",
                    .kind = Kind::name,
                    .doc = "the model's name in reports; by default the name of its file"},
                   data_key(),
                   {.name = "input",
                    .kind = Kind::lengths,
                    .doc = "[rows, columns, channels] of an image, [steps, features] of a sequence "
                           "or [features] of a vector, in a model without a \"dataset\"; files of "
                           "your own may tell it",
                    .range = within(1, 1048576)},
                   {.name = "classes",
                    .kind = Kind::classes,
                    .doc = "the number of classes, or a list of their names, in a model without a "
                           "\"dataset\"; files of your own may tell it",
                    .range = within(1, 16777216)},
                   whole_key("outputs",
                             "instead of \"classes\": how many real numbers the model predicts for "
                             "an input (regression)",
                             within(1, 16777216)),
                   {.name = "layers",
                    .kind = Kind::tag_list,
                    .doc = "the layers, each after those that it reads",
                    .required = true,
                    .types = object_types(layer_table())},
                   flag_key("exact",
                            "compute every convolution as the plain sum of its products, never by "
                            "Winograd's method, which is faster and rounds a little more",
                            "false"),
                   tagged_key("loss", "what training minimises", object_types(loss_table())),
                   training_key()}};
}

/// The position of a read object's type in its table, as the enumerator of the same position.
template <typename Type>
Type type_of(const Fields& fields, const std::vector<ObjectType>& types) {
  return static_cast<Type>(std::ranges::find(types, fields.type, &ObjectType::name) -
                           types.begin());
}

OptimizerSettings optimizer_settings(const Fields& fields) {
  OptimizerSettings optimizer;
  optimizer.type = type_of<OptimizerSettings::Type>(fields, optimizer_types());
  fields.read("learning_rate", optimizer.learning_rate);
  fields.read("momentum", optimizer.momentum);
  fields.read("nesterov", optimizer.nesterov);
  fields.read("beta1", optimizer.beta1);
  fields.read("beta2", optimizer.beta2);
  fields.read("epsilon", optimizer.epsilon);
  fields.read("weight_decay", optimizer.weight_decay);
  return optimizer;
}

ScheduleSettings schedule_settings(const Fields& fields) {
  ScheduleSettings schedule;
  schedule.type = type_of<ScheduleSettings::Type>(fields, schedule_types());
  fields.read("step_epochs", schedule.step_epochs);
  fields.read("factor", schedule.factor);
  fields.read("patience", schedule.patience);
  fields.read("final_fraction", schedule.final_fraction);
  fields.read("peak_at", schedule.peak_at);
  fields.read("start_fraction", schedule.start_fraction);
  fields.read("warmup_epochs", schedule.warmup_epochs);
  return schedule;
}

}  // namespace

const ObjectType& model_format() {
  static const ObjectType kFormat = make_format();
  return kFormat;
}

DataSpec data_spec(const Fields& data) {
  DataSpec spec;
  spec.dataset.clear();
  data.read("dataset", spec.dataset);
  data.read("file", spec.file);
  data.read("folder", spec.folder);
  if (data.has("size")) spec.size = data.get<Extent>("size");
  data.read("colour", spec.colour);
  data.read("labels", spec.labels);
  data.read("test", spec.test);
  data.read("test_labels", spec.test_labels);
  data.read("label", spec.label);
  spec.validation = data.whole("validation");
  spec.usual_validation = !data.in_file("validation");
  spec.seed = static_cast<std::uint64_t>(data.whole("seed"));
  spec.stratified = data.flag("stratified");
  if (data.has("limit")) spec.limit = data.whole("limit");
  spec.normalize = data.text("normalize");
  if (data.has("augment")) spec.augment = augment_settings(data.object("augment"));
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
  settings.optimizer = optimizer_settings(*training.get<FieldsPtr>("optimizer"));
  settings.schedule = schedule_settings(*training.get<FieldsPtr>("schedule"));
  if (training.has("clip_norm")) settings.clip_norm = training.number("clip_norm");
  if (training.has("ema")) settings.ema = training.number("ema");
  if (training.has("early_stopping")) {
    settings.patience = training.get<FieldsPtr>("early_stopping")->whole("patience");
  }
  training.read("checkpoint", settings.checkpoint);
  return settings;
}

}  // namespace autonet::internal
