#include "python/bindings/models.h"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "autonet/train/evaluate.h"
#include "autonet/train/fit.h"
#include "autonet/train/load_data.h"
#include "autonet/train/predictor.h"
#include "python/bindings/arrays.h"
#include "python/bindings/observer.h"

namespace autonet::python {
namespace {

/// Inputs and targets as the library takes them.
Examples to_examples(const Model& model, nb::handle x, nb::handle y) {
  Examples examples;
  examples.x = to_array(x, "x", model.training().precision);
  if (!y.is_none()) examples.y = Targets(to_array(y, "y"));
  return examples;
}

/// A text or a pathlib.Path as a path.
std::string to_path(nb::handle path) {
  return nb::cast<std::string>(nb::module_::import_("os").attr("fspath")(path));
}

/// A pair (x, y), or None.
Examples to_examples(const Model& model, nb::handle pair, const char* what) {
  if (pair.is_none()) return {};
  if (!PySequence_Check(pair.ptr()) || nb::len(pair) != 2) {
    const std::string text = std::string(what) + " must be a pair (x, y)";
    throw nb::type_error(text.c_str());
  }
  return to_examples(model, pair[nb::int_(0)], pair[nb::int_(1)]);
}

nb::object to_pair(const Examples& examples) {
  if (examples.count() == 0) return nb::none();
  const Examples whole = internal::piece_of(examples, 0, examples.count());
  return nb::make_tuple(to_numpy(whole.x), to_numpy(whole.y.numbers()));
}

template <typename Parts>
nb::dict named(const Parts& parts, const std::vector<Array>& arrays) {
  nb::dict result;
  for (size_t i = 0; i < arrays.size(); ++i) {
    result[nb::str(parts[i].name.c_str())] = copy_to_numpy(arrays[i]);
  }
  return result;
}

struct FitArguments {
  nb::object validation, on_epoch;
  FitOptions options;
  std::optional<int> threads;
};

Trained fit_from_python(const Model& model, nb::handle x, nb::handle y, FitArguments arguments) {
  Examples examples;
  FitOptions& options = arguments.options;
  if (x.is_none()) {
    if (!y.is_none() || !arguments.validation.is_none()) {
      throw nb::type_error(
          "fit() got targets without inputs; give x and y, or neither to train on "
          "the data that the model names");
    }
    const nb::gil_scoped_release release;
    Splits splits = load_data(model);
    examples = std::move(splits.train);
    options.validation = std::move(splits.validation);
  } else {
    if (y.is_none()) throw nb::type_error("fit() got inputs without targets; give y too");
    examples = to_examples(model, x, y);
    options.validation = to_examples(model, arguments.validation, "validation");
  }
  PyObserver observer(std::move(arguments.on_epoch), model.classes() > 0);
  options.observer = &observer;
  options.stop = &observer.stop();
  std::optional<Trained> trained;
  {
    const nb::gil_scoped_release release;
    Context context(arguments.threads.value_or(hardware_threads()));
    trained = fit(model, examples, context, options);
  }
  observer.rethrow();
  return std::move(*trained);
}

nb::object classes_of(const Prediction& prediction) {
  if (prediction.classes.empty()) return nb::none();
  nb::list numbers;
  for (const Index number : prediction.classes) numbers.append(number);
  return nb::module_::import_("numpy").attr("array")(numbers, nb::arg("dtype") = "int64");
}

void bind_model(nb::module_& m) {
  nb::class_<Model>(m, "Model", "A model.json: a function with named parameters. It never changes.")
      .def_static(
          "load",
          [](nb::handle path, const std::vector<std::string>& settings) {
            const auto file = to_path(path);
            const nb::gil_scoped_release release;
            return load_model(file, settings);
          },
          nb::arg("path"), nb::arg("settings") = std::vector<std::string>{},
          "Reads a model.json. `settings` change values of it: [\"training.epochs=5\"].")
      .def_static("parse", &Model::parse, nb::arg("text"), nb::arg("file") = "model.json",
                  nb::arg("settings") = std::vector<std::string>{},
                  "Reads the text of a model.json; `file` is its name in errors.")
      .def_prop_ro("name", &Model::name, "The model's name in reports.")
      .def_prop_ro("text", &Model::text, "The text of the model.json.")
      .def_prop_ro(
          "input_shape", [](const Model& model) { return to_tuple(model.input_shape()); },
          "The shape of one input: (rows, columns, channels) or (features,).")
      .def_prop_ro("classes", &Model::classes, "The number of classes, 0 in regression.")
      .def_prop_ro("class_names", &Model::class_names, "The names of the classes; may be empty.")
      .def_prop_ro("outputs", &Model::outputs, "The number of outputs for one input.")
      .def_prop_ro(
          "parameters",
          [](const Model& model) {
            nb::dict shapes;
            for (const Parameter& p : model.parameters()) {
              shapes[nb::str(p.name.c_str())] = to_tuple(p.shape);
            }
            return shapes;
          },
          "The shape of each parameter, by its name.")
      .def(
          "fit",
          [](const Model& model, nb::handle x, nb::handle y, nb::object validation,
             double validation_share, std::optional<Index> epochs,
             std::optional<std::uint64_t> seed, std::optional<int> threads,
             const std::string& checkpoint, bool resume, bool overwrite,
             const std::string& init_from, nb::object on_epoch) {
            FitArguments arguments{.validation = std::move(validation),
                                   .on_epoch = std::move(on_epoch),
                                   .options = {},
                                   .threads = threads};
            arguments.options.validation_share = validation_share;
            arguments.options.epochs = epochs;
            arguments.options.seed = seed;
            arguments.options.checkpoint = checkpoint;
            arguments.options.resume = resume;
            arguments.options.overwrite = overwrite;
            arguments.options.init_from = init_from;
            return fit_from_python(model, x, y, std::move(arguments));
          },
          nb::arg("x") = nb::none(), nb::arg("y") = nb::none(), nb::kw_only(),
          nb::arg("validation") = nb::none(), nb::arg("validation_share") = 0.0,
          nb::arg("epochs") = nb::none(), nb::arg("seed") = nb::none(),
          nb::arg("threads") = nb::none(), nb::arg("checkpoint") = "", nb::arg("resume") = false,
          nb::arg("overwrite") = false, nb::arg("init_from") = "", nb::arg("on_epoch") = nb::none(),
          "Trains on inputs x and targets y (labels [n] or numbers [n, outputs]), or without them\n"
          "on the data that the model names. `validation` is a pair (x, y) by which the best "
          "epoch\n"
          "is chosen. `on_epoch` is called with a dictionary after each epoch. Ctrl-C and an\n"
          "exception in on_epoch end the run after its step, with a checkpoint if one is named.\n"
          "The result is the same bit for bit for any number of threads.")
      .def("__repr__", [](const Model& model) {
        return "Model(" + model.name() + ", input " + model.input_shape().str() + ", " +
               std::to_string(model.outputs()) + " outputs)";
      });
}

void bind_trained(nb::module_& m) {
  nb::class_<Prediction>(m, "Prediction", "What a model says about some inputs.")
      .def_prop_ro(
          "outputs", [](const Prediction& p) { return to_numpy(p.outputs); },
          "[n, outputs]: probabilities if the model is trained with softmax_cross_entropy.")
      .def_prop_ro("classes", &classes_of,
                   "For each input the class with the largest output; None in regression.");
  nb::class_<Trained>(m, "Trained", "A trained model: the outcome of Model.fit.")
      .def_ro("model", &Trained::model, "What was trained.")
      .def_ro("best_epoch", &Trained::best_epoch, "The epoch whose weights these are, from 1.")
      .def_ro("stopped", &Trained::stopped, "True if the run was ended early from outside.")
      .def_prop_ro(
          "epochs",
          [](const Trained& trained) {
            nb::list all;
            for (const EpochReport& epoch : trained.epochs)
              all.append(to_dict(epoch, trained.model.classes() > 0));
            return all;
          },
          "What each epoch gave.")
      .def_prop_ro(
          "parameters",
          [](const Trained& trained) {
            return named(trained.model.parameters(), trained.weights.parameters);
          },
          "Copies of the parameters, by name.")
      .def_prop_ro(
          "states",
          [](const Trained& trained) {
            return named(trained.model.states(), trained.weights.states);
          },
          "Copies of the running statistics of batch norms, by name.")
      .def(
          "save", [](const Trained& trained, nb::handle path) { trained.save(to_path(path)); },
          nb::arg("path"), "Writes model and weights to a file .npz or .safetensors.")
      .def(
          "predict",
          [](const Trained& trained, nb::handle x, int threads) {
            const Array inputs = to_array(x, "x", trained.model.training().precision);
            const nb::gil_scoped_release release;
            Context context(threads);
            return predict(trained.model, trained.weights, inputs, context);
          },
          nb::arg("x"), nb::kw_only(), nb::arg("threads") = 1, "What the model says about x.")
      .def(
          "evaluate",
          [](const Trained& trained, nb::handle x, nb::handle y, int threads) {
            const Examples examples = to_examples(trained.model, x, y);
            Metrics metrics;
            {
              const nb::gil_scoped_release release;
              Context context(threads);
              metrics = evaluate(trained.model, examples, trained.weights, context);
            }
            return to_dict(metrics, trained.model.classes() > 0);
          },
          nb::arg("x"), nb::arg("y"), nb::kw_only(), nb::arg("threads") = 1,
          "Loss and accuracy on examples, as a dictionary.");
  nb::class_<Predictor>(m, "Predictor", "A trained model that many threads may ask at once.")
      .def(
          "__init__",
          [](Predictor* self, const Trained& trained, Index max_batch) {
            new (self) Predictor(trained, {.max_batch = max_batch});
          },
          nb::arg("trained"), nb::arg("max_batch") = 64)
      .def(
          "__call__",
          [](const Predictor& predictor, nb::handle x) {
            const Array inputs = to_array(x, "x", DType::f32);
            const nb::gil_scoped_release release;
            return predictor(inputs);
          },
          nb::arg("x"), "What the model says about x.");
}

}  // namespace

void bind_models(nb::module_& m) {
  bind_model(m);
  bind_trained(m);
  m.def(
      "load_trained", [](nb::handle path) { return load_trained(to_path(path)); }, nb::arg("path"),
      "Reads a file that Trained.save or a run with a checkpoint wrote.");
  m.def(
      "load_data",
      [](const Model& model, const std::string& data_dir) {
        Splits splits;
        {
          const nb::gil_scoped_release release;
          splits = load_data(model, {.data_dir = data_dir});
        }
        nb::dict result;
        result["train"] = to_pair(splits.train);
        result["validation"] = to_pair(splits.validation);
        result["test"] = to_pair(splits.test);
        result["class_names"] = nb::cast(splits.class_names);
        return result;
      },
      nb::arg("model"), nb::arg("data_dir") = "",
      "The examples that a model's \"data\" describes, in memory: pairs (x, y) under \"train\",\n"
      "\"validation\" and \"test\", None where there are none.");
}

}  // namespace autonet::python
